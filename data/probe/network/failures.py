"""Failure classes of a request, with advice for each."""

from enum import StrEnum
from typing import NamedTuple


class Words(NamedTuple):
    """A text in both languages of the screens."""

    zh: str
    en: str


class Failure(StrEnum):
    """Failure class of a request."""

    DNS = "dns"
    FORBIDDEN = "forbidden"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    RESET = "reset"
    TLS = "tls"
    TIMEOUT = "timeout"
    REDIRECTS = "redirects"
    FOREIGN = "foreign"
    CLIENT = "4xx"
    BLOCKED = "blocked"
    SERVER = "5xx"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    BROKEN = "broken"

    @property
    def name_words(self) -> Words:
        return WORDS[self][0]

    @property
    def remedy(self) -> Words:
        return WORDS[self][1]


OURS = frozenset({Failure.DNS, Failure.UNREACHABLE, Failure.REFUSED, Failure.RESET, Failure.TIMEOUT})
"""Failures that our own network could also cause."""
UNDECIDED = frozenset({Failure.BLOCKED, Failure.FORBIDDEN, Failure.FOREIGN})
"""Failures that block the prober but not citizens; the visit does not count."""

DOUBTFUL = frozenset({Failure.REDIRECTS, Failure.BROKEN, Failure.EMPTY, Failure.TOO_LARGE})
"""Failures that browsers often get past; a browser must confirm them."""
INCOMPLETE_CHAIN = "unable to get local issuer certificate"
"""OpenSSL's words for a server that does not send an intermediate certificate: browsers fetch it themselves."""

WORDS: dict[Failure, tuple[Words, Words]] = {
    Failure.DNS: (
        Words("域名解析失败", "name not resolved"),
        Words(
            "检查域名是否到期、解析记录是否还在，再查权威解析服务器。",
            "See whether the domain has expired and its records still stand; then look at its name servers.",
        ),
    ),
    Failure.FORBIDDEN: (
        Words("地址不允许访问", "address not allowed"),
        Words(
            "域名解析到内网或保留地址。若确为政务内网站点，请在设置中放行其网段；否则请更正解析。",
            "The name leads to a private or reserved address. Allow its network in the settings if the site lies in "
            "the government's own network; otherwise mend its record.",
        ),
    ),
    Failure.UNREACHABLE: (
        Words("网络不可达", "network unreachable"),
        Words("检查站点所在机房的线路和路由。", "Look at the line and the routing of the site's data centre."),
    ),
    Failure.REFUSED: (
        Words("连接被拒绝", "connection refused"),
        Words(
            "服务未启动或端口未开放：重启网站服务，检查防火墙。",
            "Nothing listens on the port: start the web server again and look at the firewall.",
        ),
    ),
    Failure.RESET: (
        Words("连接被中断", "connection reset"),
        Words(
            "服务器或中间设备切断了连接：查负载均衡、防护设备和服务进程的日志。",
            "The server or a device before it cut the connection: read the logs of balancer, protection and server.",
        ),
    ),
    Failure.TLS: (
        Words("证书或加密连接有误", "certificate or encryption at fault"),
        Words(
            "更新证书，补全证书链，核对域名，启用 TLS 1.2 以上。",
            "Renew the certificate, complete its chain, check its names, and offer TLS 1.2 or newer.",
        ),
    ),
    Failure.TIMEOUT: (
        Words("超时未打开", "not open in time"),
        Words(
            "15 秒内没有打开：查服务器负载、数据库和出口带宽。",
            "It did not open within the limit: look at the server's load, its database and the bandwidth.",
        ),
    ),
    Failure.REDIRECTS: (
        Words("跳转过多", "too many redirects"),
        Words("页面循环跳转：检查跳转规则。", "Pages lead to each other in a circle: mend the redirect rules."),
    ),
    Failure.FOREIGN: (
        Words("跳转到未登记的站点", "leads to a host not registered"),
        Words(
            "跳转目标不在名录内：登记该域名，或更正跳转。",
            "Where it leads is not in the register: register that host, or mend the redirect.",
        ),
    ),
    Failure.CLIENT: (
        Words("页面不存在或不可用", "page refused or gone"),
        Words("恢复页面，或在名录中更正地址。", "Bring the page back, or mend its address in the register."),
    ),
    Failure.BLOCKED: (
        Words("被防护设备拦截", "blocked by a protection"),
        Words(
            "请站点的防护设备放行探测地址；在此之前不计打不开。",
            "Have the site's protection let our address pass; until then no visit counts against it.",
        ),
    ),
    Failure.SERVER: (
        Words("服务器出错", "server error"),
        Words("查网站程序和数据库的日志。", "Read the logs of the site's program and of its database."),
    ),
    Failure.EMPTY: (
        Words("页面空白", "empty page"),
        Words(
            "页面没有任何内容：检查模板、脚本和内容发布。",
            "The page holds nothing: look at its template, its scripts and the publishing.",
        ),
    ),
    Failure.TOO_LARGE: (
        Words("页面过大", "page too large"),
        Words(
            "页面解开后超过上限：压缩图片和内联数据，分页显示。",
            "Unpacked, the page is above the limit: take inlined data out of it, and split it.",
        ),
    ),
    Failure.BROKEN: (
        Words("响应不合规范", "answer malformed"),
        Words(
            "服务器的响应头、长度或压缩有误：检查服务器和中间设备。",
            "Headers, length or compression of the answer are wrong: look at the server and what stands before it.",
        ),
    ),
}
