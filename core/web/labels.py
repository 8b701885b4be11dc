"""Codes to be scanned, drawn as SVG on the server."""

import io

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_code(text: str, *, scale: float = 2.2) -> SafeString:
    """A QR code that says `text` (a document number, an item code), ready for the page."""
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="svg", scale=scale, border=1, xmldecl=False, svgns=True, svgclass="qr")
    return mark_safe(buffer.getvalue().decode())  # noqa: S308 - drawn by segno; the text becomes dots, not markup
