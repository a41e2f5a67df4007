from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Keeps the library's own sign-up closed: a user made there would belong to no customer.

    People come by invitation, from the operator, or through the portal's sign-up (`billing.operations.customers.signup`),
    which creates their customer together with them.
    """

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
