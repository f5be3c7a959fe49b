"""What lies on the desks of the demonstration, one listing at each station. Whose desks: `demo_people.py`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# What lies on the desks of these people: (writer, kind, state, values). One of each station, so that
# every tray and every list of 我的 has something to show. None is public: search and matches stay those of the lists.
FIRM_CONTACT = {"contact_name": "技术部（示例）", "contact_phone": "0635-0000011"}
LAB_CONTACT = {"contact_name": "成果转化岗（示例）", "contact_phone": "0635-0000012"}
ON_THE_DESK: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    (
        "firm",
        "demand",
        "submitted",
        {
            "title": "保持器碳氢清洗后残油与工序间锈蚀控制",
            "problem": "冲压保持器改用碳氢清洗后，兜孔内侧总有残油，单件残留在 3 到 6 毫克之间；装箱放到第四天，约 2% "
            "的边缘起锈点，雨天更多。加长过烘干时间，换过两种防锈水，防锈水浓了客户说影响铆合后的润滑脂，淡了又压不住。",
            "key_technology": "兜孔残油的快速检测；与润滑脂相容的水性防锈成膜。",
            "expected_goal": "单件残油不超过 1 毫克，湿热条件下放置 15 天无锈点。",
            "foundation": "有两条碳氢清洗线和盐雾箱，可以按周提供样件。",
            "metrics": [
                {
                    "name": "单件残油",
                    "operator": "le",
                    "value": Decimal(1),
                    "unit": "mg",
                    "current": "3–6 mg",
                },
                {
                    "name": "湿热放置无锈",
                    "operator": "ge",
                    "value": Decimal(15),
                    "unit": "天",
                    "current": "4 天",
                },
            ],
            "field_codes": ["405"],
            "industry_codes": ["C34"],
            "chain_code": "bearing",
            "demand_type": "product_process",
            "cooperation_modes": ["commissioned_dev", "service"],
            "budget": Decimal(30),
            "keywords": ["保持器", "碳氢清洗", "防锈"],
            **FIRM_CONTACT,
        },
    ),
    (
        "firm",
        "demand",
        "returned",
        {
            "title": "浪形保持器冲孔凸模早期崩刃",
            "problem": "冲孔凸模用的是高速钢，设计寿命四十万次，实际不到一半就崩刃，换一次模要停线两个多小时，"
            "还得重新对中。断口有的在刃口，有的在台阶根部，看不出规律。",
            "field_codes": ["804"],
            "industry_codes": ["C34"],
            "chain_code": "bearing",
            "demand_type": "tech_breakthrough",
            "cooperation_modes": ["cooperative_dev"],
            "budget_negotiable": True,
            "keywords": ["冲孔凸模", "崩刃", "模具寿命"],
            **FIRM_CONTACT,
        },
    ),
    (
        "researcher",
        "achievement",
        "at_desk",
        {
            "title": "冲压凸模台阶根部残余应力调控与 AlCrN 涂层复合强化",
            "summary": "针对精密冲孔凸模在台阶根部疲劳开裂、刃口崩缺的问题，先用微粒喷丸在根部引入压应力，"
            "再作短时去应力，最后沉积四微米 AlCrN 涂层。在 1.2 毫米冷轧钢带上作过对比冲裁，涂层前的表面准备是成败所在，"
            "喷丸过强时刃口会倒圆，因此给出了按刃口半径选择丸径和气压的表。",
            "innovation": "按刃口半径选择喷丸强度，强化根部而不伤刃口。",
            "baseline": "同一副模具上，平均寿命由 18 万次提高到 41 万次。",
            "stage": "lab_scale",
            "field_codes": ["804", "401"],
            "industry_codes": ["C34"],
            "chain_code": "bearing",
            "achievement_type": "applied_technology",
            "conversion_modes": ["license", "co_implement"],
            "price_mode": "negotiable",
            "contributors": [{"name": "示例庚"}, {"name": "示例辛"}],
            "keywords": ["冲孔凸模", "喷丸", "AlCrN", "涂层"],
            **LAB_CONTACT,
        },
    ),
    (
        "researcher",
        "achievement",
        "submitted",
        {
            "title": "保持器兜孔残油的红外快速检测",
            "summary": "用近红外反射比测量冲压保持器兜孔内侧的残油，二十秒一件，不接触、不破坏。"
            "对 0.5 到 8 毫克之间的残油，与称重法相比误差在 0.3 毫克以内；"
            "油品更换以后要用五件样品重新标定。已在一条清洗线旁连续试用两个月。",
            "innovation": "兜孔反射光的几何校正，弯曲的内壁不影响读数。",
            "baseline": "称重法每件要四十分钟，还要把零件洗掉。",
            "stage": "pilot",
            "field_codes": ["804"],
            "industry_codes": ["C34"],
            "chain_code": "bearing",
            "achievement_type": "applied_technology",
            "conversion_modes": ["license"],
            "price_mode": "negotiable",
            "contributors": [{"name": "示例庚"}],
            "keywords": ["保持器", "残油", "近红外"],
            **LAB_CONTACT,
        },
    ),
    (
        "researcher",
        "achievement",
        "rejected",
        {
            "title": "轴承行业数字化转型咨询服务",
            "summary": "为轴承企业提供数字化转型的咨询、培训和方案编制服务，帮助企业选型和申报项目，"
            "服务过多家企业，反响良好。",
            "baseline": "没有可比的指标。",
            "stage": "industrialised",
            "field_codes": ["804"],
            "industry_codes": ["C34"],
            "chain_code": "bearing",
            "achievement_type": "soft_science",
            "conversion_modes": ["other"],
            "price_mode": "negotiable",
            "contributors": [{"name": "示例辛"}],
            "keywords": ["咨询"],
            **LAB_CONTACT,
        },
    ),
    (
        "researcher",
        "achievement",
        "draft",
        {
            "title": "尼龙保持架吸水后尺寸的在线预测",
            "summary": "用注塑时的模温、保压和料批含水率预测调湿后的内径，还差冬季的数据。",
            "chain_code": "bearing",
            "stage": "rnd",
        },
    ),
)
# What the operator writes with the one that is refused, and with the one that goes back; its writer reads it on their
# desk.
REFUSED = (
    "写的是服务，没有可以转化的技术成果；有软件或方法的，请写明是什么、到了哪个阶段。"
)
SENT_BACK = "请补充现在的冲次和希望达到的冲次，并写明试过哪些材料和涂层，别人才好判断。"
# What the researcher's desk has still to look at: one more sentence in something that is public already.
MORE_WORDS = "另有一组在 -20℃ 下的对比数据，可以提供。"
