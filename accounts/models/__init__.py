from accounts.models.changes import MemberChange, MemberConfirmation
from accounts.models.customers import Customer
from accounts.models.instances import Instance, Member
from accounts.models.products import Product, Role
from accounts.models.users import User

__all__ = ["Customer", "Instance", "Member", "MemberChange", "MemberConfirmation", "Product", "Role", "User"]
