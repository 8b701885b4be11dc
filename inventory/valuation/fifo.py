"""First in, first out 先进先出: goods leave layer by layer, the oldest first; each layer keeps its own value."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.decimals import ZERO
from inventory.valuation.pool import (
    MONEY_PLACES,
    Adjustment,
    InFlow,
    Layer,
    OutFlow,
    Part,
    Pool,
    issue_below_zero,
    product,
    proportion,
    receive,
    remember_cost,
)


@dataclass(frozen=True, slots=True)
class Fifo:
    """Layers by receipt. With `unit_cost_places` a layer's unit cost is first rounded to so many decimals."""

    unit_cost_places: int | None = None
    uses_layers: bool = True

    def take_in(self, pool: Pool, quantity: Decimal, value: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES) -> InFlow:
        """Receive `quantity` at `value` as the newest layer, less what fills a hole below zero."""
        stays, settlement = receive(pool, quantity, value, places)
        if stays.quantity:
            pool.layers.append(Layer(stays.quantity, stays.value, receipt_ref, changed=True))
        return InFlow(stock_value=value, settlement=settlement)

    def take_out(self, pool: Pool, quantity: Decimal, *, places: int = MONEY_PLACES) -> Decimal:
        """Issue `quantity` from the oldest layers and give the value that left; a used-up layer gives all it has."""
        return sum((part.value for part in self.take_parts(pool, quantity, places=places)), ZERO)

    def take_parts(self, pool: Pool, quantity: Decimal, *, places: int = MONEY_PLACES) -> list[Part]:
        """Issue `quantity` and give what each layer contributed, oldest first."""
        assert quantity > 0, "an issue has a positive quantity"
        return self._consume(pool, pool.layers, quantity, places)

    def take_out_exact(
        self, pool: Pool, quantity: Decimal, value: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES
    ) -> OutFlow:
        """Take `quantity` out of the layer of `receipt_ref` first, then from the oldest.

        Layers keep their own value, so what leaves is the layers' value; what the asked `value` differs from it is
        `difference`: nothing for an untouched receipt.
        """
        assert quantity > 0 <= value, "a withdrawal has a quantity and no negative value"
        named = [layer for layer in pool.layers if receipt_ref and layer.receipt_ref == receipt_ref]
        others = [layer for layer in pool.layers if not any(layer is one for one in named)]
        parts = self._consume(pool, named + others, quantity, places)
        leaves = sum((part.value for part in parts), ZERO)
        return OutFlow(stock_value=leaves, difference=value - leaves)

    def _consume(self, pool: Pool, layers: Iterable[Layer], quantity: Decimal, places: int) -> list[Part]:
        """Take from `layers` in their order; what they don't have is taken below zero."""
        remember_cost(pool)
        parts, wanted = [], quantity
        for layer in layers:
            if not wanted:
                break
            if layer.quantity:
                taken = min(wanted, layer.quantity)
                parts.append(Part(taken, self._from_layer(layer, taken, places), layer.receipt_ref))
                wanted -= taken
        pool.quantity -= quantity - wanted
        pool.value -= sum((part.value for part in parts), ZERO)
        remember_cost(pool)
        if wanted:
            parts.append(Part(wanted, issue_below_zero(pool, wanted, places)))
        return parts

    def _from_layer(self, layer: Layer, quantity: Decimal, places: int) -> Decimal:
        if quantity == layer.quantity:
            cost = layer.value
        elif self.unit_cost_places is None:
            cost = proportion(layer.value, quantity, layer.quantity, places)
        else:
            unit = proportion(layer.value, Decimal(1), layer.quantity, self.unit_cost_places)
            cost = min(product(unit, quantity, places), layer.value)
        layer.quantity -= quantity
        layer.value -= cost
        layer.changed = True
        return cost

    def adjust(
        self, pool: Pool, amount: Decimal, quantity_covered: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES
    ) -> Adjustment:
        """Give the share of a price difference that is still in the receipt's layer to that layer, expense the rest."""
        assert quantity_covered > 0, "a difference concerns some quantity"
        stock_part = ZERO
        for layer in pool.layers:
            if layer.quantity and layer.receipt_ref == receipt_ref:
                share = proportion(amount, min(layer.quantity, quantity_covered), quantity_covered, places)
                share = max(share, -layer.value)
                layer.value += share
                layer.changed = True
                stock_part += share
        pool.value += stock_part
        remember_cost(pool)
        return Adjustment(stock_part, amount - stock_part)

    def open_layer(self, pool: Pool, *, receipt_ref: str = "") -> None:
        """Put all that is in stock into one layer: how an item of another method starts with FIFO."""
        close_layers(pool)
        if pool.quantity > 0:
            pool.layers.append(Layer(pool.quantity, pool.value, receipt_ref, changed=True))


def close_layers(pool: Pool) -> None:
    """Empty all layers without touching the pool: how an item leaves FIFO for another method."""
    for layer in pool.layers:
        if layer.quantity or layer.value:
            layer.quantity, layer.value, layer.changed = ZERO, ZERO, True
