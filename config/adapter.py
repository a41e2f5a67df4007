from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """The library's own sign-up stays closed: who comes through it would belong to nobody. People come by invitation, from the
    operator, or through the portal's sign-up (`billing.operations.customers.signup`), which makes their customer with them."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
