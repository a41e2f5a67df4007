from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """People come by invitation or from the operator: a stranger who signs up would belong to nobody."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
