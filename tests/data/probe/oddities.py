"""A server with the habits of odd web servers: one habit a path. Most of its pages open in a browser."""

import asyncio
import gzip
import zlib
from collections.abc import Callable

import brotli
import zstandard

TITLE = "某区人民政府"
PAGE = (
    f"<!doctype html><html><head><meta charset=utf-8><title>{TITLE}</title></head><body><h1>{TITLE}</h1>"
    "<p>通知公告：关于做好冬季供暖工作的通知 2026-11-27</p><ul>"
    + "".join(f"<li><a href='/plain/{i}'>新闻第{i}条内容很长的标题</a></li>" for i in range(20))
    + "</ul></body></html>"
)
BODY = PAGE.encode()
HTML = "Content-Type: text/html; charset=utf-8"
Reply = Callable[[str, str], bytes]
"""The bytes that answer the rest of a path and the Cookie header that came."""
HELD = b"\x00held open\x00"
"""At the end of an answer: the connection stays open."""


def head(*lines: str | bytes, status: str = "200 OK", version: str = "HTTP/1.1", end: bytes = b"\r\n") -> bytes:
    first = f"{version} {status}".encode()
    return end.join([first, *(line if isinstance(line, bytes) else line.encode() for line in lines)]) + end * 2


def page(*lines: str | bytes, body: bytes = BODY, html: str = HTML, length: int | None = None, **more: object) -> bytes:
    length_header = f"Content-Length: {len(body) if length is None else length}"
    return head(*filter(None, (html, *lines, length_header)), **more) + body  # type: ignore[arg-type]


def moved(target: str | bytes, *lines: str | bytes, status: str = "302 Found") -> bytes:
    where = b"Location: " + (target if isinstance(target, bytes) else target.encode())
    return page(where, *lines, body=b"", status=status)


def refresh(content: str, *, body: str = "") -> bytes:
    text = f'<html><head><meta http-equiv="refresh" content="{content}"></head><body>{body}</body></html>'
    return page(body=text.encode())


def once_cookied(answer: bytes, wanted: str = "seen=1") -> Reply:
    """The page to who brings the cookie, and else an answer that sets it."""
    return lambda _rest, cookie: page() if wanted in cookie else answer


def raw_deflate(content: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(content) + squeeze.flush()


def chunks(*sizes: bytes, content: bytes = BODY, end: bytes = b"0\r\n\r\n", line: bytes = b"\r\n") -> bytes:
    """The content in two chunks, whose size lines are made from `sizes` formats such as b'%x'."""
    parts = (content[:100], content[100:])
    form = sizes or (b"%x",)
    return b"".join(form[i % len(form)] % len(part) + line + part + line for i, part in enumerate(parts)) + end


def chunked(body: bytes, *lines: str | bytes, **more: object) -> bytes:
    return head(HTML, *lines, "Transfer-Encoding: chunked", **more) + body  # type: ignore[arg-type]


def at(paths: dict[str, bytes]) -> Reply:
    """A path's own answer, by what follows the habit's name."""
    return lambda rest, _cookie: paths.get(rest, page(body=b"not here", status="404 Not Found"))


def steps(count: int) -> Reply:
    return lambda rest, _cookie: page() if rest == str(count) else moved(f"/turns/{int(rest or 0) + 1}")


GBK_PAGE = PAGE.replace("utf-8", "gb2312").encode("gb18030")
PACKED = gzip.compress(BODY)
ESCAPED = "%E9%A6%96%E9%A1%B5"
FLASH = "<p>正在进入首页</p>"


def always(answer: bytes) -> Reply:
    return lambda _rest, _cookie: answer


REPLIES: dict[str, Reply] = {
    "plain": always(page()),
    # cookies within a chain of redirects
    "cookie": once_cookied(moved("/cookie", "Set-Cookie: seen=1; Path=/")),
    "cookie-of-two": once_cookied(moved("/cookie-of-two", "Set-Cookie: a=b", "Set-Cookie: seen=1; HttpOnly")),
    "cookie-for-later": lambda rest, cookie: (
        page() if "seen=1" in cookie
        else moved("/cookie-for-later/", b"Set-Cookie: seen=1; Expires=Wed, 01-Jan-2099 00:00:00 GMT; path=/")
    ),
    "cookie-odd": once_cookied(moved("/cookie-odd", "set-cookie: seen=1; SameSite=Lax; Version; foo", "Set-Cookie: x")),
    "cookie-by-refresh": once_cookied(
        page("Set-Cookie: seen=1; Path=/", body=b'<meta http-equiv=refresh content="0;url=/cookie-by-refresh">')
    ),
    "cookie-of-a-path": lambda rest, cookie: (
        moved("/cookie-of-a-path/in/", "Set-Cookie: seen=1; Path=/cookie-of-a-path/in") if rest != "in/"
        else page() if "seen=1" in cookie else page(status="404 Not Found", body=b"no")
    ),
    "cookie-no-longer": lambda rest, cookie: (
        moved("/cookie-no-longer/2", "Set-Cookie: seen=1; Path=/") if not rest
        else moved("/cookie-no-longer/3", "Set-Cookie: seen=; Path=/; Max-Age=0") if rest == "2"
        else page(status="404 Not Found", body=b"still there") if "seen" in cookie else page()
    ),
    # where a redirect leads
    "location-utf8": at({"": moved("/location-utf8/首页"), ESCAPED: page()}),
    "location-gbk": at({"": moved("/location-gbk/首页".encode("gb18030")), "%CA%D7%D2%B3": page()}),
    "location-gbk-read": at({"": moved("/location-gbk-read/首页".encode("gb18030")), ESCAPED: page()}),
    "location-spaces": at({"": moved("  /location-spaces/home page  "), "home%20page": page()}),
    "location-backslash": at({"": moved("\\location-backslash\\in"), "in": page()}),
    "location-relative": at({"": moved("location-relative/a/../in/./"), "in/": page()}),
    "location-query": at({"": moved("?x=首"), "?x=%E9%A6%96": page()}),
    "location-twice": at({"": moved("/location-twice/in", "Location: /location-twice/in"), "in": page()}),
    "location-fragment": at({"": moved("/location-fragment/in#top"), "in": page()}),
    "location-303": at({"": moved("/location-303/in", status="303"), "in": page()}),
    "location-308": at({"": moved("/location-308/in", status="308 "), "in": page()}),
    "location-lower": at({"": page(b"location:/location-lower/in", body=b"", status="301 moved"), "in": page()}),
    "turns": steps(18),
    # pages that lead on
    "refresh": at({"": refresh("0;url=/refresh/in"), "in": page()}),
    "refresh-quoted": at({"": refresh("0; URL='/refresh-quoted/in'"), "in": page()}),
    "refresh-bare": at({"": page(body=b"<META HTTP-EQUIV=Refresh CONTENT=0;URL=/refresh-bare/in>"), "in": page()}),
    "refresh-comma": at({"": refresh("0, /refresh-comma/in"), "in": page()}),
    "refresh-later": at({"": refresh("1;url=refresh-later/in", body=FLASH), "in": page()}),
    "refresh-header": at({"": page("Refresh: 0; url=/refresh-header/in", body=b""), "in": page()}),
    "refresh-gbk": at(
        {"": page(html="Content-Type: text/html; charset=gbk",
                  body='<meta http-equiv=refresh content="0;url=/refresh-gbk/首页">'.encode("gbk")), ESCAPED: page()}
    ),
    "refresh-base": at(
        {"": page(body=b'<base href="/refresh-base/x/"><meta http-equiv=refresh content="0;url=in">'), "x/in": page()}
    ),
    "refresh-comment": always(page(body=b"<!--<meta http-equiv=refresh content='0;url=/none'>-->" + BODY)),
    "refresh-noscript": at(
        {"": page(body=b"<noscript><meta http-equiv=refresh content='0;url=/none'></noscript>" + BODY)}
    ),
    "refresh-itself": at({"": refresh("300", body=PAGE)}),
    "refresh-news": at({"": refresh("60;url=/refresh-news", body=PAGE)}),
    # packing
    "deflate": always(page("Content-Encoding: deflate", body=zlib.compress(BODY))),
    "deflate-raw": always(page("Content-Encoding: deflate", body=raw_deflate(BODY))),
    "gzip-torn": always(page("Content-Encoding: gzip", body=PACKED[:-8])),
    "gzip-trailer": always(page("Content-Encoding: gzip", body=PACKED[:-8] + b"\x00" * 8)),
    "gzip-cut": always(page("Content-Encoding: gzip", body=gzip.compress(BODY * 200)[:-40])),
    "gzip-and-more": always(page("Content-Encoding: gzip", body=PACKED + b"\r\n<!-- cached -->")),
    "gzip-twice": always(page("Content-Encoding: gzip, gzip", body=gzip.compress(PACKED))),
    "gzip-upper": always(page("Content-Encoding: GZIP ", body=PACKED)),
    "gzip-x": always(page("Content-Encoding: x-gzip", body=PACKED)),
    "gzip-members": always(page("Content-Encoding: gzip", body=gzip.compress(BODY[:500]) + gzip.compress(BODY[500:]))),
    "gzip-not": always(page("Content-Encoding: gzip")),
    "deflate-not": always(page("Content-Encoding: deflate")),
    "gzip-unsaid": always(page(body=PACKED)),
    "gzip-is-deflate": always(page("Content-Encoding: gzip", body=zlib.compress(BODY))),
    "deflate-is-gzip": always(page("Content-Encoding: deflate", body=PACKED)),
    "br": always(page("Content-Encoding: br", body=brotli.compress(BODY))),
    "br-not": always(page("Content-Encoding: br")),
    "br-is-gzip": always(page("Content-Encoding: br", body=PACKED)),
    "gzip-is-br": always(page("Content-Encoding: gzip", body=brotli.compress(BODY))),
    "zstd": always(page("Content-Encoding: zstd", body=zstandard.compress(BODY))),
    "zstd-not": always(page("Content-Encoding: zstd")),
    "coding-utf8": always(page("Content-Encoding: utf-8")),
    "coding-none": always(page("Content-Encoding: none")),
    "coding-empty": always(page("Content-Encoding:")),
    "coding-chunked": always(page("Content-Encoding: chunked")),
    # head
    "header-space": always(page("X Powered By: something")),
    "header-no-colon": always(page("nothing to see")),
    "header-no-name": always(page(": nothing")),
    "header-folded": always(page("X-Long: one", " two", "\tthree")),
    "header-first-folded": always(head(" folded", HTML) + BODY),
    "header-bytes": always(page("X-Unit: 某局".encode("gbk"), b"X-Odd: \x80\xff\x01")),
    "header-many": always(page(*(f"X-{i}: {i}" for i in range(300)))),
    "header-long": always(page("X-Long: " + "y" * 100_000)),
    "header-space-before-colon": always(page("X-Powered-By : something", "Server : old")),
    "header-twice": always(page(HTML, "Server: a", "Server: b", "Content-Type: text/html; charset=gbk")),
    "lines-lf": always(page(end=b"\n")),
    "lines-mixed": always(head(HTML, "A: b").replace(b"\r\n\r\n", b"\n\r\n") + BODY),
    "lines-before": always(b"\r\n" + page()),
    "reason-none": always(page(status="200")),
    "reason-gbk": always(b"HTTP/1.1 200 " + "成功".encode("gbk") + b"\r\n" + HTML.encode() + b"\r\n\r\n" + BODY),
    "reason-glued": always(page(status="200OK")),
    "version-10": always(page(version="HTTP/1.0")),
    "version-lower": always(page(version="http/1.1")),
    "version-20": always(page(version="HTTP/2.0")),
    "version-none": always(page(version="HTTP")),
    "version-09": always(BODY),
    "version-shout": always(page(version="ICY")),
    "status-299": always(page(status="299 Odd")),
    "status-continue": always(b"HTTP/1.1 100 Continue\r\n\r\n" + page()),
    "status-hints": always(head("Link: </a.css>; rel=preload", status="103 Early Hints") + page()),
    # length and chunks
    "length-none": always(head(HTML) + BODY),
    "length-more": always(page(length=len(BODY) + 5_000)),
    "length-more-held": always(page(length=len(BODY) + 5_000) + HELD),
    "length-none-held": always(head(HTML) + BODY + HELD),
    "length-less": always(page(length=len(BODY) - 200)),
    "length-odd": always(page(length=None, html=HTML).replace(b"Content-Length: ", b"Content-Length: +")),
    "length-word": always(head(HTML, "Content-Length: many") + BODY),
    "length-negative": always(head(HTML, "Content-Length: -1") + BODY),
    "length-same-twice": always(page(f"Content-Length: {len(BODY)}")),
    "length-two": always(page("Content-Length: 7")),
    "length-list": always(head(HTML, f"Content-Length: {len(BODY)}, {len(BODY)}") + BODY),
    "length-of-unpacked": always(page("Content-Encoding: gzip", body=PACKED, length=len(BODY))),
    "length-of-unpacked-held": always(page("Content-Encoding: gzip", body=PACKED, length=len(BODY)) + HELD),
    "chunked": always(chunked(chunks())),
    "chunked-upper": always(chunked(chunks(b"%X"))),
    "chunked-zeros": always(chunked(chunks(b"%08x", end=b"00000\r\n\r\n"))),
    "chunked-spaces": always(chunked(chunks(b"%x   "))),
    "chunked-extension": always(chunked(chunks(b"%x;name=value"))),
    "chunked-lf": always(chunked(chunks(line=b"\n", end=b"0\n\n"))),
    "chunked-no-end": always(chunked(chunks(end=b""))),
    "chunked-half-end": always(chunked(chunks(end=b"0\r\n"))),
    "chunked-trailer": always(chunked(chunks(end=b"0\r\nX-After: 1\r\n\r\n"))),
    "chunked-cut": always(chunked(chunks(end=b"fff\r\n<p>more"))),
    "chunked-and-length": always(chunked(chunks(), "Content-Length: 12")),
    "chunked-gzip": always(chunked(chunks(content=PACKED), "Content-Encoding: gzip")),
    "chunked-list": always(head(HTML, "Transfer-Encoding: identity, chunked") + chunks()),
    "chunked-twice": always(chunked(chunks(), "Transfer-Encoding: chunked")),
    "chunked-10": always(chunked(chunks(), version="HTTP/1.0")),
    "chunked-not": always(chunked(BODY)),
    "chunked-held": always(chunked(chunks(end=b"")) + HELD),
    "transfer-identity": always(head(HTML, "Transfer-Encoding: identity") + BODY),
    # characters
    "charset-gbk": always(page(html="Content-Type: text/html", body=GBK_PAGE)),
    "charset-wrong": always(page(html="Content-Type: text/html; charset=iso-8859-1")),
    "charset-unknown": always(page(html="Content-Type: text/html; charset=x-unknown")),
    "charset-quoted": always(page(html='Content-Type: text/html; charset="gbk"', body=GBK_PAGE)),
    "charset-utf16": always(page(html="Content-Type: text/html", body=PAGE.encode("utf-16"))),
    "charset-none": always(page(html="")),
    "charset-mark": always(page(body=b"\xef\xbb\xbf" + BODY)),
    "charset-broken": always(page(body=BODY[:400] + b"\xff\xfe\xc0" + BODY[400:])),
    "charset-null": always(page(body=BODY[:400] + b"\x00" + BODY[400:])),
    "type-odd": always(page(html="Content-Type: text/html;;charset")),
    "type-twice": always(page(html="Content-Type: text/html, text/html")),
    "type-xhtml": always(
        page(html="Content-Type: application/xhtml+xml",
             body=f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>{TITLE}</h1></body></html>'.encode())
    ),
    # pages
    "page-large": always(page(body=BODY + b"<!--" + b"x" * 6_000_000 + b"-->")),
    "page-field": always(page(body=b"<input type=search placeholder=search><button></button>")),
    "page-drawing": always(page(body=b"<svg width=90 height=90><rect width=90 height=90 /></svg>")),
    "page-frames": at(
        {"": page(body=b"<frameset cols=*><frame src=/page-frames/in></frameset>"), "in": page()}
    ),
    "page-iframe": at({"": page(body=b"<iframe src=/page-iframe/in width=900 height=900></iframe>"), "in": page()}),
    "page-background": at({"": page(body=b"<body style='background:url(/page-background/b.svg);height:900px'>"),
                           "b.svg": page(html="Content-Type: image/svg+xml",
                                         body=b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
                                              b"<rect width='9' height='9'/></svg>")}),
    "script-writes": always(page(body=f"<body><script>document.body.innerHTML='{TITLE}'</script></body>".encode())),
    "script-leads": at({"": page(body=b"<script>location.href='/script-leads/in'</script>"), "in": page()}),
    "script-challenge": once_cookied(
        page(body=b"<script>document.cookie='seen=1;path=/';location.reload()</script>", status="503 Wait")
    ),
}  # fmt: skip
FAULTY: dict[str, Reply] = {
    "loop": lambda rest, _cookie: moved(f"/loop/{int(rest or 0) + 1}"),
    "loop-same": always(moved("/loop-same")),
    "loop-refresh": lambda rest, _cookie: refresh(f"0;url=/loop-refresh/{int(rest or 0) + 1}"),
    "empty": always(page(body=b"")),
    "empty-body": always(page(body=b"<html><body></body></html>")),
    "empty-cut": always(page(body=b"", length=5_000)),
    "empty-script": always(page(body=b"<body><script>1</script></body>")),
    "leads-nowhere": always(page(body=b"<script>location.href='http://127.0.0.1:9/'</script>")),
    "leads-to-missing": at({"": page(body=b"<script>location.href='/leads-to-missing/in'</script>")}),
    "refresh-to-missing": at({"": refresh("0;url=/refresh-to-missing/in")}),
    "garbage": always(b"\x00\xff\xfenothing of the web\r\n\r\n"),
    "nothing": always(b""),
    "missing": always(page(body=b"<h1>not here</h1>", status="404 Not Found")),
    "broken": always(page(body=b"<h1>broken</h1>", status="500 Broken")),
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one request by REPLIES and FAULTY."""
    try:
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = request.split(" ")[1].removeprefix("/")
        cookie = next((line for line in request.split("\r\n") if line.lower().startswith("cookie:")), "")
        name, rest = path, ""
        for mark in "/?":
            first, split, more = path.partition(mark)
            if split and len(first) < len(name):
                name, rest = first, more if mark == "/" else f"?{more}"
        reply = {**REPLIES, **FAULTY}.get(name)
        answer = reply(rest, cookie) if reply else page(body=b"not here", status="404 Not Found")
        writer.write(answer.removesuffix(HELD))
        await writer.drain()
        if answer.endswith(HELD):
            await asyncio.sleep(30)
    except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        pass
    finally:
        writer.close()
