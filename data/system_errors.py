"""Errors of the operating system, SQLite and OpenSSL as messages. Unknown errors are quoted."""

import errno
import os
import sqlite3
import ssl
from collections.abc import Mapping

from data.messages import Message

OS: Mapping[int, Message] = {
    errno.ECONNREFUSED: Message("os.connection_refused", "Connection refused"),
    errno.ECONNRESET: Message("os.connection_reset", "Connection reset by peer"),
    errno.EPIPE: Message("os.broken_pipe", "Broken pipe"),
    errno.ENETUNREACH: Message("os.network_unreachable", "Network is unreachable"),
    errno.EHOSTUNREACH: Message("os.no_route", "No route to host"),
    errno.ENOSPC: Message("os.no_space", "No space left on device"),
    errno.EDQUOT: Message("os.quota", "Disk quota exceeded"),
    errno.EACCES: Message("os.permission_denied", "Permission denied"),
    errno.EPERM: Message("os.not_permitted", "Operation not permitted"),
    errno.EROFS: Message("os.read_only", "Read-only file system"),
    errno.EIO: Message("os.io_error", "Input/output error"),
    errno.ENOENT: Message("os.no_such_file", "No such file or directory"),
    errno.EEXIST: Message("os.file_exists", "File exists"),
    errno.ENOTDIR: Message("os.not_a_directory", "Not a directory"),
    errno.EISDIR: Message("os.is_a_directory", "Is a directory"),
    errno.ETIMEDOUT: Message("os.timed_out", "Connection timed out"),
}
SQLITE: Mapping[int, Message] = {
    sqlite3.SQLITE_BUSY: Message("sqlite.busy", "database is locked"),
    sqlite3.SQLITE_LOCKED: Message("sqlite.busy", "database is locked"),
    sqlite3.SQLITE_CANTOPEN: Message("sqlite.cannot_open", "unable to open database file"),
    sqlite3.SQLITE_FULL: Message("sqlite.full", "database or disk is full"),
    sqlite3.SQLITE_IOERR: Message("sqlite.io_error", "disk I/O error"),
    sqlite3.SQLITE_READONLY: Message("sqlite.read_only", "attempt to write a readonly database"),
    sqlite3.SQLITE_CORRUPT: Message("sqlite.corrupt", "database disk image is malformed"),
    sqlite3.SQLITE_NOTADB: Message("sqlite.not_a_database", "file is not a database"),
}
CERTIFICATE: Mapping[int, Message] = {
    9: Message("tls.not_yet_valid", "certificate is not yet valid"),
    10: Message("tls.expired", "certificate has expired"),
    18: Message("tls.self_signed", "self-signed certificate"),
    19: Message("tls.self_signed_chain", "self-signed certificate in certificate chain"),
    20: Message("tls.unknown_issuer", "unable to get local issuer certificate"),
    62: Message("tls.other_host", "the certificate is for another host"),
    64: Message("tls.other_address", "the certificate is for another address"),
}
"""By the code of X509_V_ERR that OpenSSL gives."""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL = Message("disk.full", "the disk of the server is full: an administrator must free some space")


def is_no_room(error: Exception) -> bool:
    """Whether a disk or its quota is full. Libraries that hide the number have its words in their text."""
    if isinstance(error, OSError) and error.errno:
        return error.errno in NO_ROOM
    return any(os.strerror(number) in str(error) for number in NO_ROOM)


def of_os(error: OSError) -> Message | str:
    """Why a call of the operating system failed."""
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in CERTIFICATE:
        return CERTIFICATE[error.verify_code]
    return OS.get(error.errno or 0) or error.strerror or line_of(error)


def of_sqlite(error: sqlite3.Error) -> Message | str:
    """Why SQLite failed, by the primary code of its error."""
    code = getattr(error, "sqlite_errorcode", None)
    return SQLITE.get(code & 0xFF) or line_of(error) if code is not None else line_of(error)


def line_of(error: object) -> str:
    """The text of a library's error in one line."""
    return " ".join(str(error).split()) or type(error).__name__
