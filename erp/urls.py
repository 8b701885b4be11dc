"""All addresses. Pages declare their permission here or in the list of their app; the API lies under /api/v1/."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from core.documents import document_types
from core.web.document_urls import document_urls, lookup_urls
from core.web.health import health
from core.web.jobs import job_urls
from core.web.lookup import lookups
from core.web.preferences import choose_company, choose_language, choose_theme, still_here
from core.web.routes import ANY_MEMBER, open_page, page
from erp.search import search
from erp.worktop import badges, worktop
from finance.web.urls import voucher_urls
from reports.web.urls import related_urls, report_urls

urlpatterns: list[URLPattern | URLResolver] = [
    page("", worktop, name="worktop", permission=ANY_MEMBER),
    page("badges/", badges, name="badges", permission=ANY_MEMBER),
    page("search/", search, name="search", permission=ANY_MEMBER),
    open_page("preferences/language/", choose_language, name="choose-language", methods=["POST"]),
    open_page("preferences/theme/", choose_theme, name="choose-theme", methods=["POST"]),
    open_page("preferences/company/", choose_company, name="choose-company", methods=["POST"]),
    open_page("still-here/", still_here, name="still-here"),
    open_page("healthz/", health, name="health"),
    *document_urls(document_types().values()),
    *related_urls(document_types().values()),
    *lookup_urls(lookups().values()),
    *voucher_urls(),
    *report_urls(),
    *job_urls(),
    path("api/", include("erp.api")),
    path("import/", include("core.web.import_urls")),
    path("accounts/", include("core.web.account_urls")),
    path("admin/", admin.site.urls),
]
