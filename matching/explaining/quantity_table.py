"""The quantities that figures are of, their names in the trade, and which way of each is better.
Not here: how the name of a figure is read by it (figure_names), units (units).
"""

from __future__ import annotations

# One quantity a line, its names in the trade; first its direction: + more is better, - less is better, 0 it depends.
# Names of one line mean the same in standards or in every workshop; what only resembles (椭圆度 and 圆度, 误判率 and
# 误检率, 断裂伸长率 of rubber and 断后伸长率 of metal, Ra and Rz) has a line of its own.
_TABLE = """
- 噪声 噪音 噪声级 噪声值 噪音值 噪声声压级 声压级 声功率级
- 振动加速度级 振动加速度值
- 振动速度 振动烈度
- 振动值 振动
- 粗糙度 粗糙度ra ra ra值 光洁度ra
- 粗糙度rz rz
- 粗糙度rq rq
0 硬度 硬度值
- 同轴度 不同轴度
- 圆度 不圆度
- 椭圆度
- 圆柱度
- 平面度 不平面度
- 平行度 不平行度
- 垂直度 不垂直度
- 直线度 不直度
- 位置度
- 对称度
- 跳动 径向跳动 圆跳动
- 端面跳动 轴向跳动
- 波纹度
- 球形误差
- 定位精度 定位误差
- 重复定位精度 重复定位误差
- 重复精度 重复性
- 加工精度 加工误差
- 尺寸精度 尺寸误差 尺寸公差
- 测量精度 测量误差
- 测温精度 温度测量误差 测定精度
- 控温精度 温控精度 温度控制精度
- 计量精度 计量误差
+ 抗拉强度 拉伸强度 抗张强度
+ 屈服强度 屈服极限 屈服点
+ 弯曲强度 抗弯强度 抗折强度
+ 抗压强度 压缩强度
+ 无侧限抗压强度 无侧限强度
+ 剪切强度 抗剪强度
+ 冲击强度
+ 冲击功 冲击韧性 冲击韧度
+ 断裂韧性 断裂韧度
+ 疲劳强度 疲劳极限
+ 结合强度 粘结强度 粘接强度
+ 剥离强度
+ 伸长率 延伸率 断后伸长率 断后延伸率
+ 断裂伸长率 断裂延伸率
0 弹性模量 杨氏模量
0 密度
+ 相对密度 致密度
- 孔隙率 气孔率
0 热导率 导热系数 导热率
0 导电率
0 电导率
0 电阻率
+ 绝缘电阻
- 接触电阻
0 线膨胀系数 热膨胀系数 膨胀系数
- 摩擦系数
- 吸水率
+ 合格率 良率 良品率 合格品率
+ 成品率
- 废品率 不良率 次品率
- 返工率 返修率
- 退货率
- 破损率
- 漏检率 漏判率
- 误检率 误报率 虚警率
- 误判率
- 误剔率
+ 检出率 检测率
- 检出限 检出下限 检测下限 检测限
+ 识别率 识别准确率
+ 准确率 正确率
+ 召回率
+ 去除率 脱除率
+ 回收率
+ 收率 得率
+ 转化率
+ 利用率
+ 回用率
+ 保持率 保留率
+ 纯度
+ 透光率
+ 固化度
+ 寿命 使用寿命
- 成本
- 费用
- 电耗 耗电量 用电量
- 能耗
- 水耗 耗水量
- 气耗
- 功耗
- 周期
- 节拍时间 单件时间 单件节拍
- 检测时间
- 换型时间 换规格时间 换产时间
- 响应时间
- 干燥时间
- 溶解时间
0 检测速度 检测节拍
+ 产能 生产能力
+ 产量
+ 效率 工效
+ 生产效率
+ 传动效率
0 转速
0 速度
+ 线速 线速度
+ 拉丝速度
+ 焊接速度
+ 焊缝强度系数 接头系数 接头强度系数
0 温度
0 湿度
0 压力
0 流量
0 功率
0 电压
0 电流
0 频率
0 扭矩 转矩
0 重量 质量
0 厚度
0 深度
0 直径
0 内径
0 外径
0 长度
0 宽度
0 高度
- 温升
- 温差
- 变形量
- 翘曲高度 翘曲
- 残余奥氏体
- 残余应力
- 磨损量
- 磨损率
- 泄漏率 漏率 泄漏量
- 损耗
- cod 化学需氧量
- bod 生化需氧量
- toc 总有机碳
- 氨氮
- 总磷
- 总氮
- 悬浮物
- 非甲烷总烃
- 甲醛释放量
- 含水率 水分
- 含油量 残油 残油量 含油
- 含氢量 氢含量
- 含铁量 铁含量
+ 氧指数
+ 容量
+ 比容量 可逆容量
+ 能量密度
+ 循环寿命 循环次数
- 误差
- 偏差
- 波动
"""


def _read_table() -> tuple[dict[str, str], dict[str, int]]:
    names: dict[str, str] = {}
    directions = {}
    for line in _TABLE.split("\n"):
        if not line:
            continue
        sign, *forms = line.split()
        directions[forms[0]] = {"+": 1, "-": -1, "0": 0}[sign]
        for form in forms:
            names[form] = forms[0]
    return names, directions


QUANTITIES, DIRECTIONS = _read_table()
SPELLINGS: dict[str, list[str]] = {}
for _spelling, _quantity in QUANTITIES.items():
    SPELLINGS.setdefault(_quantity, []).append(_spelling)
# So that a pattern of them takes 一次合格率 for 合格率 and not for 率.
LONGEST_FIRST = sorted(QUANTITIES, key=len, reverse=True)
