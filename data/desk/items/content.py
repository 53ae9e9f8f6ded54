"""What an attachment may be, by its content: pictures, redrawn without what cameras write into them, and PDF."""

import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from data.desk.errors import Refused

MOST_BYTES = 10_000_000
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 3000
"""Pixels; a larger picture is made smaller."""
FORMATS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
"""Pictures that are taken: media type and extension of each of Pillow's formats."""
PDF = ("application/pdf", "pdf")
ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA|OpenAction|AA)\b")
"""What a PDF may not have: it would act when it is opened."""


@dataclass(frozen=True)
class Content:
    """A file as it is stored. type: its media type. suffix: the extension of its name."""

    data: bytes
    type: str
    suffix: str


def checked(data: bytes) -> Content:
    """The content to store. Refused for anything but a picture or a PDF, or one that is too large or broken."""
    if not data:
        raise Refused("file.empty", "the file is empty: choose another")
    if len(data) > MOST_BYTES:
        raise Refused("file.large", "a file has at most {n} MB: choose a smaller one", n=MOST_BYTES // 1_000_000)
    if data.startswith(b"%PDF-"):
        if b"%%EOF" not in data[-2048:]:
            raise Refused("file.broken", "the file is damaged or not complete: choose another")
        if ACTIVE.search(data):
            raise Refused("file.active", "the PDF has scripts or files in it: print it to a plain PDF first")
        return Content(data, *PDF)
    return _picture(data)


def _picture(data: bytes) -> Content:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(FORMATS)) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise Refused(
                        "file.pixels", "a picture has at most {n} million pixels: make it smaller",
                        n=MOST_PIXELS // 1_000_000,
                    )  # fmt: skip
                format = str(picture.format)
                turned = ImageOps.exif_transpose(picture)
                turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                alone = turned.convert("RGBA" if format != "JPEG" and "A" in turned.getbands() else "RGB")
                clean = Image.new(alone.mode, alone.size)  # has the pixels and nothing else
                clean.paste(alone)
    except UnidentifiedImageError:
        raise Refused("file.type", "a file is a picture (JPEG, PNG, WebP) or a PDF: choose one of these") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused("file.broken", "the file is damaged or not complete: choose another") from None
    out = io.BytesIO()
    clean.save(out, format, **({"quality": 88} if format != "PNG" else {}))
    return Content(out.getvalue(), *FORMATS[format])
