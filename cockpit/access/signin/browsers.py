"""Browser family from the User-Agent header, shown in the list of own sessions."""

FAMILIES = (
    ("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("Lark", "Feishu"), ("QQBrowser", "QQ Browser"),
    ("360SE", "360"), ("360EE", "360"), ("QIHU", "360"), ("UBrowser", "UC Browser"), ("UCBrowser", "UC Browser"),
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
"""Token in the User-Agent, and family. The first match counts, since most browsers name others as well."""
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("OpenHarmony", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iOS"),
    ("iPad", "iOS"), ("Windows", "Windows"), ("UOS", "UOS"), ("Kylin", "Kylin"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def family(user_agent: str) -> str:
    """`Edge, Windows`; empty for an unknown browser."""
    browser, system = (next((name for part, name in known if part in user_agent), "") for known in (FAMILIES, SYSTEMS))
    return ", ".join(part for part in (browser, system) if part)
