"""The line grid is filled with the keyboard like a spreadsheet."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.browser.grid_page")]

PASTE = """text => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def grid(page):
    page.goto("/grid/")
    page.wait_for_selector('tbody .grid-no:text-is("1")')
    return page


def cell(page, line, column):
    return page.locator(f'[name="lines[{line}]{column}"]')


def sent(page):
    page.keyboard.press("Control+s")
    page.wait_for_selector("#sent:not(:text-is('[]'))")
    return page.inner_text("#sent")


def test_enter_takes_the_offer_and_moves_on_and_the_last_cell_opens_a_new_line(grid):
    cell(grid, 0, "item").click()
    grid.keyboard.type("bol")
    grid.wait_for_selector(".lookup-list li")
    grid.keyboard.press("Enter")
    grid.keyboard.type("12")
    grid.wait_for_selector('output[data-fill="name"]:text-is("Bolt M8")')

    assert cell(grid, 0, "item").input_value() == "BOLT"
    assert cell(grid, 0, "price").input_value() == "0.45"
    assert grid.inner_text("tbody tr:first-child [data-formula]") == "5.40"

    cell(grid, 2, "price").focus()
    grid.keyboard.press("Enter")
    grid.keyboard.type("FRAME")
    grid.keyboard.press("Tab")
    assert cell(grid, 3, "item").input_value() == "FRAME"
    grid.keyboard.type("1")
    grid.wait_for_selector('tfoot [data-total="quantity"]:text-is("13")')

    grid.wait_for_selector('output[data-fill="name"]:text-is("Frame")')

    assert sent(grid) == "[{'item': 'BOLT', 'quantity': '12', 'price': '0.45'}, {'item': 'FRAME', 'quantity': '1', 'price': '1200.00'}]"


def test_a_block_from_excel_fills_lines_and_opens_new_ones(grid):
    cell(grid, 1, "item").focus()
    grid.evaluate(PASTE, "PLATE\t1,200\t29.50\r\nBOLT\t40\t0.40\r\nFRAME\t2\t1150\r\n")

    assert cell(grid, 3, "item").input_value() == "FRAME"
    assert cell(grid, 1, "quantity").input_value() == "1200"
    assert sent(grid).count("'item'") == 3


def test_a_line_is_removed_and_the_arrows_change_the_line(grid):
    cell(grid, 0, "quantity").fill("1")
    grid.keyboard.press("ArrowDown")
    grid.keyboard.type("2")
    grid.keyboard.press("ArrowUp")
    grid.keyboard.press("Control+Delete")

    assert sent(grid) == "[{'item': '', 'quantity': '2', 'price': ''}]"


def test_a_second_click_sends_nothing_more(grid):
    posts = []
    grid.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    cell(grid, 0, "quantity").fill("1")
    grid.evaluate("() => { const save = document.querySelector('[data-save]'); save.click(); save.click(); }")
    grid.wait_for_selector("#sent:not(:text-is('[]'))")

    assert len(posts) == 1
