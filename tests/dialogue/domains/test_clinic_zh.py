"""Signs of danger are found in what Chinese-speaking patients say, without any model."""

from datetime import date

import pytest

from agent.dialogue.understanding import load_understanding
from agent.perception.slots import find_slots

TODAY = date(2026, 11, 18)
SLOTS = load_understanding("clinic", locale="zh").slots


@pytest.mark.parametrize(
    "said",
    [
        "我胸口疼",
        "胸口这里一阵一阵地疼",
        "喘不过气来",
        "我妈呼吸困难",
        "他嘴角歪了，说不出话",
        "半边身子没知觉",
        "血止不住",
        "嘴唇都肿了",
        "他过敏性休克了",
        "儿子发烧，脖子很僵",
        "她晕倒了",
        "没有发烧，但是喘不上气",
        "不确定，好像是中风",
        "叫他没反应",
        "我怀孕了，在出血",
        "老人从楼上摔下来了",
        "我羊水破了",
        "帮我叫救护车",
        "孩子吞了电池",
    ],
)
def test_signs_of_an_emergency_are_found(said: str) -> None:
    """Also where the line denies something else."""
    assert "danger" in find_slots(said, SLOTS, TODAY)


@pytest.mark.parametrize("said", ["我不想活了", "活着没有意义", "她说想自杀", "我想伤害自己", "我想从楼上跳下去，想死"])
def test_lives_at_risk_are_found(said: str) -> None:
    """Also where the words are a no themselves."""
    assert "life_at_risk" in find_slots(said, SLOTS, TODAY)


@pytest.mark.parametrize("said", ["我想预约皮肤科", "没有胸痛，也没有晕倒", "我头疼两天了", "血压有点高", "我想打疫苗"])
def test_everyday_complaints_are_no_emergency(said: str) -> None:
    """Nor is what somebody says that they have not got."""
    assert "danger" not in find_slots(said, SLOTS, TODAY)


@pytest.mark.parametrize(
    ("said", "slots"),
    [
        ("我嗓子疼", {"complaint": "sore_throat"}),
        ("想约眼科", {"department": "eyes"}),
        ("下周二上午十点半", {"day": "2026-11-24", "time": "10:30"}),
        ("病历号是六零四二一七八", {"patient_number": "6042178"}),
        ("我儿子咳嗽", {"child": "pediatrics", "complaint": "cough"}),
        ("越快越好", {"choice": "first"}),
    ],
)
def test_what_an_appointment_is_about(said: str, slots: dict[str, str]) -> None:
    """Complaints, departments, days and times have the values that they have in English."""
    assert find_slots(said, SLOTS, TODAY).items() >= slots.items()
