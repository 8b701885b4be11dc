"""Addresses of the imports. Everybody may look which ones there are; each kind asks for its own permission."""

from core.web import imports
from core.web.routes import ANY_MEMBER, page

urlpatterns = [
    page("", imports.imports, name="imports", permission=ANY_MEMBER),
    page("<slug:name>/", imports.upload, name="import-upload", permission=ANY_MEMBER, methods=["GET", "POST"]),
    page("<slug:name>/template/", imports.template, name="import-template", permission=ANY_MEMBER),
    page("<slug:name>/confirm/", imports.confirm, name="import-confirm", permission=ANY_MEMBER, methods=["POST"]),
]
