"""The drawing of the chain: who leads to whom stands left of it."""

from core.web.graph import Node, draw


def nodes(*keys):
    return [Node(key, "document", key.upper()) for key in keys]


def columns(drawing):
    xs = sorted({placed.x for placed in drawing.nodes})
    return {placed.node.key: xs.index(placed.x) for placed in drawing.nodes}


def test_each_document_stands_right_of_all_that_lead_to_it():
    drawing = draw(
        nodes("order", "work", "issue", "shipment"), [("order", "work"), ("work", "issue"), ("work", "shipment"), ("order", "shipment")]
    )

    assert columns(drawing) == {"order": 0, "work": 1, "issue": 2, "shipment": 2}
    assert len(drawing.paths) == 4


def test_no_two_documents_cover_each_other():
    drawing = draw(nodes("a", "b", "c", "d"), [("a", "b"), ("a", "c"), ("a", "d")])

    assert len({(placed.x, placed.y) for placed in drawing.nodes}) == 4


def test_a_circle_ends_and_unknown_links_are_left_out():
    drawing = draw(nodes("invoice", "reversal"), [("invoice", "reversal"), ("reversal", "invoice"), ("invoice", "elsewhere")])

    assert len(drawing.nodes) == 2
    assert len(drawing.paths) == 2


def test_a_lonely_document_is_drawn_too():
    drawing = draw(nodes("order"), [])

    assert drawing.width > 0
    assert drawing.height > 0
