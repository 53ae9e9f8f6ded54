"""Outcomes of a request as a closed set of phrases: `phrase` or `phrase: value`. Stored in evidence.

A phrase that is not in the table, such as one of OpenSSL's rarer ones, is stored and shown as it is.
"""

import ssl

WORDS = {
    "waiting for dns": "域名解析未完成",
    "waiting for connect": "连接未建立",
    "waiting for answer": "服务器未应答",
    "waiting for the page's end": "页面未传完",
    "larger than the limit": "超过上限",
    "too many redirects": "跳转次数超过上限",
    "no text, no picture": "没有文字，也没有图片",
    "another status": "返回的状态码不符",
    "text missing": "返回内容中没有",
    "the answer is not HTTP": "响应不是 HTTP",
    "the head is too long": "响应头过长",
    "the answer states two lengths": "响应给出两个不同的长度",
    "the chunks of the answer cannot be read": "响应的分块无法读取",
    "a header holds a line break": "请求头中有换行",
    "no address of the web": "不是网页地址",
    "no address": "没有地址记录",
    "address not allowed": "解析到不允许访问的地址",
    "no connection": "没有连接",
    "certificate of another host": "证书与域名不符",
    "certificate of another address": "证书与地址不符",
    # the words of the resolver, the operating system and OpenSSL
    "Name or service not known": "域名不存在",
    "No address associated with hostname": "没有地址记录",
    "Temporary failure in name resolution": "解析服务器没有应答",
    "Connection refused": "连接被拒绝",
    "Connection reset by peer": "连接被对方重置",
    "Broken pipe": "连接被对方关闭",
    "Network is unreachable": "网络不可达",
    "No route to host": "没有到达主机的路由",
    "Permission denied": "没有权限",
    "Server disconnected without sending a response.": "服务器未应答即断开",
    "certificate has expired": "证书已过期",
    "certificate is not yet valid": "证书尚未生效",
    "self-signed certificate": "自签名证书",
    "self-signed certificate in certificate chain": "证书链中有自签名证书",
    "unable to get local issuer certificate": "证书链不完整，或颁发机构不受信任",
}
"""The Chinese of each phrase."""
OTHER_HOST = {62: "certificate of another host", 64: "certificate of another address"}
"""Faults of a certificate whose text in OpenSSL holds the host, by their code."""


def chinese(detail: str) -> str:
    """A stored detail in Chinese; as it is where its phrase is not known."""
    phrase, colon, value = detail.partition(": ")
    known = WORDS.get(phrase)
    return f"{known}{'：' if colon else ''}{value}" if known else detail


def of_tls(error: ssl.SSLError, host: str) -> str:
    """The fault of a certificate or an encrypted connection."""
    code = getattr(error, "verify_code", 0)
    if code in OTHER_HOST:
        return f"{OTHER_HOST[code]}: {host}"
    return getattr(error, "verify_message", "") or error.reason or str(error)
