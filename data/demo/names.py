"""Invented names: the district, its towns and villages, streets, estates and departments. None is meant to be real."""

DISTRICT = "临江区"

STREETS = (
    "北塘街道", "城关街道", "东津街道", "西苑街道", "南浦街道", "望江街道", "新城街道", "湖滨街道",
)  # fmt: skip
TOWNS = (
    "沙洲镇", "柳溪镇", "白鹭镇", "石桥镇", "云岭镇", "桃源镇", "青埠镇", "龙潭镇", "枫林镇", "金畈镇",
    "双河镇", "茶山镇",
)  # fmt: skip
TOWNSHIPS = ("竹坞乡", "高岭乡")

FIRST = "新东西南北上下大小前后中沙柳桃梅竹枫松石金银清白青云龙凤双长"
LAST = "河塘湾畈坞溪墩埠田岭桥渡垄洲浦泉庄圩坪坝"
"""A village's name is one character of each and 村 or 社区; every pair is used once at most."""

ROADS = (
    "临江路", "人民路", "建设路", "解放路", "文化路", "体育场路", "环城北路", "环城南路", "望江路", "湖滨路",
    "东津路", "柳溪路", "白鹭路", "青埠路", "枫林路", "桃源路", "金畈路", "云岭路", "石桥路", "双河路",
    "学院路", "工业路", "迎宾路", "和平路", "光明路", "朝阳路", "康庄路", "振兴路", "兴业路", "锦绣路",
)  # fmt: skip
ESTATES = (
    "锦绣花苑", "江畔人家", "望江名邸", "柳岸新村", "白鹭苑", "金色家园", "阳光小区", "翠湖花园", "紫荆公寓",
    "枫丹雅居", "云溪苑", "康乐新村", "和美家园", "东津花园", "书香苑", "丽景园",
)  # fmt: skip
SIDES = ("门口", "北侧", "南侧", "东侧路口", "西侧路口", "对面")

DEPARTMENTS = (
    "区住建局", "区城管局", "区公安分局", "区交通运输局", "区水利局", "区农业农村局", "区人社局", "区教育局",
    "区卫健局", "区市场监管局", "区生态环境分局", "区应急管理局", "区自然资源分局", "区民政局", "区数据资源局",
    "区行政审批局", "区文旅局", "区发改局",
)  # fmt: skip
TOWN_UNIT = "镇街综合执法队"
TOWN_SERVICE = "镇街便民中心"
VILLAGE_UNIT = "村（居）委会"
DESKS = {
    "hotline": "12345热线中心", "grid": "区网格中心", "urban": "区城市管理指挥中心", "web": "区政府办公室",
    "command": "区指挥中心", "flood": "区防汛抗旱指挥部",
}  # fmt: skip
"""Offices that take in, dispatch and check the cases of each source."""
