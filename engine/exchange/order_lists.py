"""The order lists that are open, and what an order knows of its own."""

from collections.abc import Iterable, Sequence

from protocol.enums import ListType
from protocol.order_lists import find_partner


class OrderList:
    """One list; its orders know it, and it knows their ids."""

    def __init__(
        self, list_id: int, list_type: ListType, name: str, account: str, order_ids: Sequence[int]
    ) -> None:
        self.list_id = list_id
        self.list_type = list_type
        self.name = name
        """The account's own name for it, unique among its open lists."""
        self.account = account
        self.order_ids = tuple(order_ids)
        self.open_orders = len(order_ids)
        ids = ",".join(f'"{order_id}"' for order_id in order_ids)
        self.text = (
            f'{{"list_id":{list_id},"list_type":"{list_type}","client_list_id":"{name}",'
            f'"order_ids":[{ids}],"state":'
        )
        """What reports say of it, up to the order's state."""

    def find_partner(self, order_id: int) -> int | None:
        """Return the id of the other leg of an OCO; None if the order is no such leg."""
        return find_partner(self.list_type, self.order_ids, order_id)


class ListTable:
    """The lists of which an order is open."""

    def __init__(self) -> None:
        self._lists: dict[int, OrderList] = {}
        self._named: dict[tuple[str, str], OrderList] = {}

    def restore(self, lists: Iterable[OrderList]) -> None:
        """Take over the open ones of stored lists, and none but them."""
        self._lists.clear()
        self._named.clear()
        for each in lists:
            if each.open_orders:
                self.add(each)

    def add(self, order_list: OrderList) -> None:
        """Remember a new list."""
        self._lists[order_list.list_id] = order_list
        self._named[order_list.account, order_list.name] = order_list

    def find(self, account: str, list_id: int | None, name: str | None) -> OrderList | None:
        """Find an open list of the account by its id or its name, by both if both are given."""
        if list_id is None:
            return self._named.get((account, name or ""))
        found = self._lists.get(list_id)
        if found is None or found.account != account or (name is not None and found.name != name):
            return None
        return found

    def count_end(self, order_list: OrderList) -> None:
        """Count an order of the list that ended; with the last one the list is forgotten."""
        order_list.open_orders -= 1
        if order_list.open_orders == 0:
            del self._lists[order_list.list_id]
            del self._named[order_list.account, order_list.name]
