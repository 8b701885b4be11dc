"""Accounts are made by an administrator; nobody signs up by themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignupAdapter(DefaultAccountAdapter):
    """Log-in yes, sign-up no."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
