"""The requests that each kind of channel takes, as its own documentation defines them.

- webhook: Standard Webhooks 1.0: HMAC-SHA256 of `id.timestamp.body`, base64, in `webhook-signature`.
- wecom (企业微信群机器人): known by the key of its url; text of at most 2,048 bytes; `errcode` 0.
- dingtalk (钉钉自定义机器人): url parameters `timestamp` in milliseconds and `sign`, the HMAC-SHA256 of
  `timestamp\\nsecret` by the secret, base64; `errcode` 0.
- feishu (飞书自定义机器人): `timestamp` in seconds and `sign` in the body, the HMAC-SHA256 of an empty text by
  `timestamp\\nsecret`, base64; `code` 0.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cockpit.notifications.http import Answer

MOST_BYTES = {"wecom": 2_048, "dingtalk": 18_000, "feishu": 18_000}
"""Of a text, with room for the rest of the request."""
WEBHOOK_PREFIX = "whsec_"
MORE = "……（+{n}）"


@dataclass(frozen=True)
class Request:
    """A request to post."""

    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json; charset=utf-8"})


def webhook(url: str, secret: str, id: str, event: dict[str, Any], now: float) -> Request:
    """A signed webhook. id: the same at every attempt. event: JSON values."""
    body = _json(event)
    timestamp = str(int(now))
    signature = _hmac(webhook_key(secret), f"{id}.{timestamp}.".encode() + body)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
    return Request(url, body, headers)


def webhook_key(secret: str) -> bytes:
    """The key of a secret: `whsec_` and base64, or any other text as it is."""
    if secret.startswith(WEBHOOK_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(WEBHOOK_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def robot(kind: str, url: str, secret: str, lines: Sequence[str], now: float) -> Request:
    """A text message to a group by its robot: one line a notification."""
    text = clipped(lines, MOST_BYTES[kind])
    if kind == "wecom":
        return Request(url, _json({"msgtype": "text", "text": {"content": text}}))
    if kind == "dingtalk":
        timestamp = str(int(now * 1000))
        sign = _hmac(secret.encode(), f"{timestamp}\n{secret}".encode())
        signed = f"{url}{'&' if '?' in url else '?'}{urlencode({'timestamp': timestamp, 'sign': sign})}"
        return Request(signed, _json({"msgtype": "text", "text": {"content": text}, "at": {"isAtAll": False}}))
    timestamp = str(int(now))
    sign = _hmac(f"{timestamp}\n{secret}".encode(), b"")
    content = {"text": text.replace("<", "＜")}  # `<at …>` would mention people
    return Request(url, _json({"timestamp": timestamp, "sign": sign, "msg_type": "text", "content": content}))


def fault(kind: str, answer: Answer) -> str:
    """Why a receiver did not take a message, in its own words; empty if it did."""
    if not 200 <= answer.status < 300:
        return f"HTTP {answer.status}"
    if kind == "webhook":
        return ""
    try:
        said = json.loads(answer.body)
        code = said.get("code" if kind == "feishu" else "errcode")
    except (ValueError, AttributeError):
        return "no JSON object"
    if code == 0:
        return ""
    return f"{code}: {str(said.get('msg') or said.get('errmsg') or '')[:200]}"


def clipped(lines: Sequence[str], most: int) -> str:
    """The lines that fit into so many bytes of UTF-8, with the number of those left out."""
    text = "\n".join(lines)
    for count in range(len(lines), -1, -1):
        more = [MORE.format(n=len(lines) - count)] if count < len(lines) else []
        text = "\n".join([*lines[:count], *more])
        if len(text.encode()) <= most:
            break
    if count == 0 and lines:
        return lines[0].encode()[: most - 3].decode("utf-8", "ignore") + "…"
    return text


def _hmac(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
