"""The request as our own views get it: logged in, with a company and what may be done there."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from core.access import Access
from core.models import Company, Membership, User


class CompanyRequest(HttpRequest):
    """For type hints: what CompanyMiddleware adds to a request."""

    user: User
    htmx: HtmxDetails
    company: Company
    membership: Membership
    access: Access
    memberships: list[Membership]
