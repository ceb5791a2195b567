"""The states of the customer's page, from the notice to goodbye."""

from playwright.async_api import FilePayload

from agent.core.cards import Card, CardAction, CardField, CardForm, CardGroup, CardItem, CardRow, CardSource, CardTable
from agent.core.lifecycle import CallState, EndReason
from agent.transport.messages import (
    AgentSpeaking,
    CallStateChanged,
    Caption,
    ShowCard,
    Welcome,
)
from tests.browser.page_server import ScriptedCall
from tests.browser.states import Visit, Walk
from tests.pictures_sent import photo_with_place, two_halves

NO_WEBRTC = "delete window.RTCPeerConnection;"
REFUSED = """
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("refused", "NotAllowedError"));
"""
ASKING_FOR_EVER = "navigator.mediaDevices.getUserMedia = () => new Promise(() => {});"
UNANSWERED = """
    window.answered ??= window.fetch;
    window.fetch = (to, how) => (`${to.url ?? to}`.includes("/whip") ? new Promise(() => {}) : answered(to, how));
    null;
"""
MARKUP = "<img src=x onerror='window.broken = 1'><b>bold</b>"


async def notice(visit: Visit) -> None:
    await visit.opens()
    await visit.sees("#choice-agree", "notice")
    await visit.page.click("#notice-more summary")
    await visit.sees("#notice-more dl", "notice, what is kept")
    await visit.page.click("#choice-leave")
    await visit.sees(".sheet h1", "left")


async def without_webrtc(visit: Visit) -> None:
    await visit.page.add_init_script(NO_WEBRTC)
    await visit.opens()
    await visit.sees(".sheet", "browser without WebRTC")


async def devices(visit: Visit) -> None:
    await visit.opens()
    await visit.page.click("#choice-agree")
    await visit.sees(".preview video", "device check")
    await visit.page.click("#test-speaker")
    await visit.sees("#heard", "device check, sound played")
    await visit.page.click("#not-heard")
    await visit.sees("[data-heard=bad]", "device check, sound not heard")


async def devices_refused(visit: Visit) -> None:
    await visit.page.add_init_script(REFUSED)
    await visit.opens()
    await visit.page.click("#choice-agree")
    await visit.sees("[role=alert]", "device check, refused")


async def devices_asked_for(visit: Visit) -> None:
    await visit.page.add_init_script(ASKING_FOR_EVER)
    await visit.opens()
    await visit.page.click("#choice-agree")
    await visit.sees(".preview", "device check, permission asked")


async def bad_link(visit: Visit) -> None:
    await visit.opens("/#customer=altered.by.somebody")
    await visit.page.click("#choice-without-emotion")
    await visit.page.click("#start-call")
    await visit.sees("[role=alert]", "link that is not good")


async def waiting(visit: Visit) -> None:
    visit.server.desk.full, visit.server.desk.wait_s = True, 170
    await visit.opens()
    await visit.page.click("#choice-agree")
    await visit.page.click("#start-call")
    await visit.sees("#waiting", "waiting in line")


async def privacy(visit: Visit) -> None:
    await visit.opens("/privacy")
    await visit.sees(".kept", "what is kept")
    await visit.page.goto("about:blank")
    await visit.opens("/privacy#customer=altered.by.somebody")
    await visit.page.click("#download-data")
    await visit.sees("#own-data [role=alert]", "what is kept, link that is not good")


async def after_call(visit: Visit) -> None:
    await _called(visit, "#choice-without-emotion")
    await visit.page.click("#end-call")
    await visit.page.click("#send-survey")
    await visit.sees("#survey [role=alert]", "survey, nothing chosen")
    await visit.page.locator("#survey input[name=score]").nth(3).check()
    await visit.page.locator("#survey input[name=resolved]").first.check()
    await visit.sees("#survey :checked", "survey, chosen")
    await visit.page.click("#send-survey")
    await visit.sees("#survey[data-state=thanks]", "survey, thanks")
    await visit.page.click("#erase-data")
    await visit.sees("#erase-now", "own data, sure?")
    visit.server.own_data.fails = True
    await visit.page.click("#erase-now")
    await visit.sees("#own-data [role=alert]", "own data, not reached")
    visit.server.own_data.fails = False
    await visit.page.click("#erase-data")
    await visit.page.click("#erase-now")
    await visit.sees("#save-certificate", "own data, deleted")


async def _called(visit: Visit, choice: str = "#choice-agree") -> ScriptedCall:
    await visit.opens()
    await visit.page.click(choice)
    await visit.page.click("#start-call")
    call = await visit.server.desk.connected_call()
    hears = visit.says("en", "zh")
    call.show(Welcome(call_id=call.ticket.call_id, analysis=call.ticket.purposes, hears=hears))
    call.show(CallStateChanged(state=CallState.CONNECTED))
    await visit.page.wait_for_selector("#call-state[data-state=connected]")
    return call


async def talk(visit: Visit) -> None:
    call = await _called(visit)
    await visit.sees("#call-state[data-agent=listening]", "call, nothing said yet")
    hello = visit.says("Hello, this is the support agent. How can I help?", "您好，这里是客服。请问有什么可以帮您？")
    call.show(Caption(id="a1", speaker="agent", text=hello))
    call.show(AgentSpeaking(active=True))
    await visit.sees("#call-state[data-agent=speaking]", "call, agent speaks")
    call.show(AgentSpeaking(active=False))
    asked = visit.says("Where is my order A1042? It should have been", "我的订单 A1042 在哪里？本来应该")
    call.show(Caption(id="c1", speaker="customer", text=asked, final=False))
    await visit.sees("#captions .line:nth-child(2)", "call, customer speaks")
    call.show(Caption(id="c1", speaker="customer", text=asked + visit.says(" here on Friday.", "星期五到的。")))
    answer = visit.says(
        "It left our warehouse this morning and is with the carrier. It will be with you on Wednesday.",
        "今天早上已经从我们的仓库发出，正由快递公司派送。星期三会送到您那里。",
    )
    because = (visit.says("you asked for an order", "您询问了订单"),)
    call.show(Caption(id="a2", speaker="agent", text=answer, because=because))
    await visit.sees("#captions .line:nth-child(3)", "call, answered")
    await visit.page.click("#analysis summary")
    await visit.sees("#withdraw-emotion", "call, what is analysed")
    await visit.page.click("#analysis summary")
    await visit.page.click("#mute")
    await visit.page.click("#camera")
    await visit.page.click("#captions-toggle")
    await visit.sees("#call-state", "call, muted, no camera, no captions")
    call.show(CallStateChanged(state=CallState.HELD))
    await visit.sees("#call-state[data-state=held]", "call, on hold")
    call.show(CallStateChanged(state=CallState.TAKEN_OVER))
    await visit.sees("#call-state[data-state=taken_over]", "call, a person has it")
    await visit.page.click("#end-call")
    await visit.sees("#ended", "ended by the customer")


async def recorded(visit: Visit) -> None:
    call = await _called(visit)
    analysis = (*call.ticket.purposes, "recording")
    call.show(Welcome(call_id=call.ticket.call_id, analysis=analysis, hears=visit.says("en", "zh"), recorded=True))
    await visit.page.click("#recording summary")
    await visit.sees("#stop-recording", "call, recorded")
    call.show(Welcome(call_id=call.ticket.call_id, analysis=analysis, hears=visit.says("en", "zh")))
    await visit.sees("#recording[data-recorded=false]", "call, recording interrupted")
    await visit.page.click("#stop-recording")
    await visit.sees(".notices .message", "call, recording stopped")


async def line_lost(visit: Visit) -> None:
    """The connection goes without a word, and no other one can be made."""
    call = await _called(visit, "#choice-without-emotion")
    await visit.page.add_init_script(UNANSWERED)
    await visit.page.evaluate(UNANSWERED)
    assert call.peer is not None
    await call.peer.close()
    await visit.sees("#line-banner[data-standing=lost]", "call, connection lost")
    await visit.page.reload()
    await visit.sees("#returning", "coming back into the call")


def _cards(visit: Visit) -> list[tuple[str, Card]]:
    """One of each kind that the shipped domains show."""
    yes, no = visit.says("Yes", "是"), visit.says("No", "否")
    order = Card(
        id="order",
        title=visit.says("Order A1042", "订单 A1042"),
        rows=(
            CardRow(label=visit.says("Status", "状态"), value=visit.says("on its way", "运送中")),
            CardRow(label=visit.says("Arrives", "预计送达"), value=visit.says("Wednesday", "星期三")),
        ),
        actions=(CardAction(label=visit.says("Return it", "退货"), say="return A1042"),),
        source=CardSource(title=visit.says("Help pages › Delivery", "帮助 › 配送"), url="https://example.org/"),
    )
    headphones = visit.says("Quiet headphones", "降噪耳机")
    why = visit.says("Fits your budget, and best for travelling", "符合您的预算，最适合旅行")
    choose = (CardAction(label=visit.says("Order it", "下单"), say="order"),)
    products = Card(
        id="products",
        title=visit.says("For you", "为您推荐"),
        items=(
            CardItem(title=headphones, value="$199", text=why, actions=choose),
            CardItem(title=headphones + " 2", value="$249", text=why, actions=choose),
        ),
    )
    months = tuple((f"{month}", "$197.54", f"${10_000 - month * 160:,.2f}") for month in range(1, 61))
    heads = (visit.says("Month", "月"), visit.says("Payment", "还款"), visit.says("Owed", "剩余"))
    loan = Card(
        id="loan",
        title=visit.says("$10,000 over 5 years", "10,000 美元，5 年"),
        table=CardTable(columns=heads, rows=months, total=(visit.says("All", "合计"), "$11,852.46", "")),
    )
    times = tuple(CardAction(label=f"{hour}:30", say=f"{hour}:30") for hour in range(9, 15))
    days = (
        visit.says("Tuesday, 24 November", "11月24日 星期二"),
        visit.says("Thursday, 26 November", "11月26日 星期四"),
    )
    slots = Card(
        id="slots",
        title=visit.says("Free times", "可预约时间"),
        groups=tuple(CardGroup(label=day, actions=times) for day in days),
    )
    number, born = visit.says("Patient number", "病历号"), visit.says("Date of birth", "出生日期")
    form = Card(
        id="form",
        title=visit.says("Who is it for?", "为谁预约？"),
        form=CardForm(
            fields=(
                CardField(name="number", label=number, kind="digits", hint=visit.says("7 digits", "7 位数字")),
                CardField(name="born", label=born, kind="date"),
            ),
            say="{number} {born}",
            send=visit.says("Send", "发送"),
        ),
    )
    confirm = Card(
        id="confirm",
        title=visit.says("Please confirm", "请确认"),
        text=visit.says("Return the headphones of order A1042?", "要退回订单 A1042 的耳机吗？"),
        actions=(CardAction(label=yes, say=yes, primary=True), CardAction(label=no, say=no)),
    )
    return [(card.id, card) for card in (order, products, loan, slots, form, confirm)]


async def cards(visit: Visit) -> None:
    call = await _called(visit, "#choice-without-emotion")
    for name, card in _cards(visit):
        call.show(ShowCard(card=card))
        await visit.page.locator("#cards .card h2", has_text=card.title).wait_for()
        await visit.look(visit.page, f"card, {name}")


async def sending(visit: Visit) -> None:
    """What a customer sends beside their voice."""
    call = await _called(visit, "#choice-without-emotion")
    await visit.page.fill("#chat-input", visit.says("Where is my parcel?", "我的包裹在哪里？"))
    await visit.page.press("#chat-input", "Enter")
    await visit.sees(".presence[data-presence=thinking]", "call, agent thinks")
    photo = FilePayload(name="IMG.jpg", mimeType="image/jpeg", buffer=photo_with_place(two_halves()))
    await visit.page.set_input_files("#picture-input", photo)
    await visit.sees("#picture-send", "call, picture to look at")
    await visit.page.click("#picture-send")
    await visit.sees(".sent-picture", "call, picture sent")
    drawing = FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=b"<svg/>")
    await visit.page.set_input_files("#picture-input", drawing)
    await visit.sees(".composer [role=alert]", "call, no picture")
    await visit.page.click("#note-start")
    await visit.sees("#note-send", "call, voice note is recorded")
    await visit.page.click("#note-drop")
    await visit.page.fill("#chat-input", "x" * 10_000)
    await visit.sees("#chat-length.message", "call, message too long")
    call.show(CallStateChanged(state=CallState.ENDED, reason=EndReason.AGENT_FINISHED))


async def hard_words(visit: Visit) -> None:
    """What strains a layout: markup, one endless word, and more than fits."""
    call = await _called(visit, "#choice-without-emotion")
    call.show(Caption(id="a1", speaker="agent", text=MARKUP))
    call.show(Caption(id="c1", speaker="customer", text="w" * 400))
    call.show(Caption(id="a2", speaker="agent", text=visit.says("And so it goes on. ", "就这样继续。") * 120))
    call.show(ShowCard(card=Card(id="k", title=MARKUP * 3, rows=(CardRow(label="w" * 60, value="v" * 200),))))
    await visit.sees("#captions .line:nth-child(3)", "call, words that strain the page")


def _ended(reason: EndReason) -> Walk:
    async def walk(visit: Visit) -> None:
        call = await _called(visit, "#choice-without-emotion")
        call.show(CallStateChanged(state=CallState.ENDED, reason=reason))
        await visit.sees(f"#ended[data-reason={reason}]", f"ended, {reason.replace('_', ' ')}")

    return walk


WALKS: dict[str, Walk] = {
    "notice": notice,
    "without WebRTC": without_webrtc,
    "devices": devices,
    "devices refused": devices_refused,
    "devices asked for": devices_asked_for,
    "bad link": bad_link,
    "waiting": waiting,
    "privacy": privacy,
    "after a call": after_call,
    "talk": talk,
    "recorded": recorded,
    "line lost": line_lost,
    "cards": cards,
    "sending": sending,
    "hard words": hard_words,
    "agent finished": _ended(EndReason.AGENT_FINISHED),
    "server stopped": _ended(EndReason.SERVER_STOPPED),
    "connection failed": _ended(EndReason.CONNECTION_FAILED),
}
