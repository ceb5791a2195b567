"""The notice in Chinese, in simplified characters."""

from agent.core.consent import Choice, Purpose
from agent.transport.wording.words import Button, Words

CHINESE = Words(
    language="zh",
    title="通话之前请了解：与您交谈的是人工智能",
    opening="接听这次通话的是人工智能系统，不是真人。您随时可以要求转接真人客服。",
    with_emotion=(
        "如果您同意，系统会听您说的话，识别竖起大拇指等手势，留意您看向哪里、是否点头、眨眼或说话，"
        "并根据您的面部、声音和用词推测您可能的感受，以便更体贴地回答您。"
        "这类推测常常出错，根据声音所作的推测多数是错的。推测结果绝不会用来决定您能得到什么。"
    ),
    without_emotion="系统会听您说的话，识别竖起大拇指等手势。它完全不分析您的面部，也不推测您的感受。",
    analysed_while=(
        "您的声音和画面只在通话期间分析，不会录制。说过的话以及从通话中读出的内容会以文字和数字保存，以便跟进您的事项。"
    ),
    analysed_while_recording=(
        "您的声音和画面只在通话期间分析；只有您在下面同意时才会录制。"
        "说过的话以及从通话中读出的内容会以文字和数字保存，以便跟进您的事项。"
    ),
    free="您可以现在或在通话中拒绝情绪分析，得到的服务完全相同。",
    buttons={
        Choice.AGREE: Button(label="同意并继续", detail="包含情绪分析"),
        Choice.WITHOUT_EMOTION: Button(
            label="继续，但不分析情绪", detail="完全不分析您的面部；您说的话只用来了解您的需求"
        ),
        "leave": Button(label="离开", detail="尚未发送或分析任何内容"),
    },
    only=Button(label="继续", detail="您说的话只用来了解您的需求"),
    extras={
        Purpose.REPLAY: Button(
            label="同时保存我的面部和双手的动作",
            detail="只保存为点，绝不保存画面，供工作人员回看这次通话；{days}",
        ),
        Purpose.RECORDING: Button(
            label="同时录制我的画面和声音",
            detail=(
                "录制您的摄像头和麦克风发送的内容，加密保存，企业的工作人员以后可能会查看。"
                "通话期间您可以停止录制，已录制的内容会随之删除；否则{days}"
            ),
        ),
        Purpose.TRAINING: Button(
            label="同时允许系统从这次通话中学习",
            detail="依据工作人员对通话中某些时刻的标注：理解得是否正确，实际是什么；{days}",
        ),
    },
    more="分析和保存哪些内容，保存多久",
    purposes_title="分析什么，为了什么",
    purposes={
        Purpose.SPEECH: "您说的话，用来回答您",
        Purpose.GESTURE: "手势，用来作出反应",
        Purpose.EXPRESSION: "面部表情和您看向哪里，用来更体贴地回答",
        Purpose.VOICE_EMOTION: "您声音的语气，用来更体贴地回答",
        Purpose.TEXT_EMOTION: "您用词中的情绪，用来更体贴地回答",
        Purpose.REPLAY: "您的面部和双手的点，保存下来供工作人员回看通话",
        Purpose.RECORDING: "您的画面和声音，录制下来供工作人员以后查看通话",
        Purpose.TRAINING: "工作人员对通话中某些时刻所做的标注，用于改进识别",
    },
    kept_title="保存什么，保存多久",
    kept={
        "transcripts": "您说过或输入过的话，其中的卡号、账号和电话号码会去掉",
        "replies": "客服说过和展示过的内容及其原因",
        "signals": "从通话中读出的内容，以数字保存，每秒一次",
        "tracks": "您的面部和双手的点（仅在您同意时）",
        "recordings": "您的画面和声音的录制（仅在您同意时）",
        "labels": "工作人员对通话中某些时刻所做的标注，用于检验识别得是否准确",
        "surveys": "通话结束后您对本次服务的评价",
        "calls": "通话的时间和结束方式，以化名保存",
        "consents": "您在这里同意的内容和时间，作为凭证",
        "memory": "您要求下次记住的内容",
    },
    days="{days} 天后删除",
    for_ever="在您要求时删除",
    not_recorded="不保存画面和声音。",
    recorded_if_agreed="只有您同意录制时才会保存画面和声音。和您一起被拍到或听到的其他人也会被录进去，请先征得他们的同意。",
    not_kept=(
        "画面中其他人的面部只计数，绝不分析。您发送的图片会给参与通话的工作人员看，"
        "人工智能也可能查看以便回答您；图片绝不用来分析面部或情绪，通话结束后即删除。语音消息只保留文字。"
    ),
    rights="您可以索取所保存的关于您的数据副本，要求更正或删除，并向数据保护机构投诉。通话期间您随时可以撤回同意。",
    controller="您的数据由以下单位负责：{controller}。",
    contact="有关您的数据的问题：{contact}。",
    choose="您想怎样继续？",
    footer="本告知的版本：{version}。在您选择之前，不会看、听或分析任何内容。",
)
