// The line grid of a document, filled with the keyboard like a spreadsheet.
// Enter and Tab move on, arrows up and down change the line, a block from Excel is pasted over the cells,
// Ctrl-Delete removes a line; after the last cell a new line comes. Fields are named lines[0]item.
import { enhanceLookups, recogniseCode } from './lookup.js';

const FIELDS = 'input:not([type=hidden]):not([readonly]), select';

class Grid {
  constructor(root) {
    this.root = root;
    this.body = root.querySelector('tbody');
    this.pattern = root.querySelector('template[data-grid-row]');
    this.next = this.body.rows.length;
    root.querySelector('[data-grid-add]').addEventListener('click', () => this.focus(this.add(), 0));
    this.body.addEventListener('keydown', (event) => this.key(event));
    this.body.addEventListener('paste', (event) => this.paste(event));
    this.body.addEventListener('click', (event) => {
      const button = event.target.closest('[data-grid-remove]');
      if (button) this.remove(button.closest('tr'));
    });
    this.body.addEventListener('input', (event) => this.changed(event.target));
    this.body.addEventListener('change', (event) => this.changed(event.target));
    for (const head of root.querySelectorAll('[data-width]')) head.style.width = `${head.dataset.width}rem`;
    for (const row of this.body.rows) this.compute(row);
    this.number();
  }

  fields(row) {
    return [...row.querySelectorAll(FIELDS)];
  }

  add() {
    const holder = document.createElement('tbody');
    holder.innerHTML = this.pattern.innerHTML.replaceAll('__index__', this.next++);
    const row = holder.rows[0];
    this.body.append(row);
    enhanceLookups(row);
    this.number();
    return row;
  }

  remove(row) {
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    if (this.body.rows.length === 1) {
      for (const field of this.fields(row)) field.value = '';
      for (const output of row.querySelectorAll('output')) output.textContent = '';
    } else {
      row.remove();
    }
    this.number();
    this.sum();
    if (neighbour) this.focus(neighbour, 0);
    this.root.dispatchEvent(new Event('input', { bubbles: true }));
  }

  number() {
    [...this.body.rows].forEach((row, index) => { row.cells[0].textContent = index + 1; });
  }

  focus(row, position) {
    const field = this.fields(row)[position];
    field?.focus();
    field?.select?.();
  }

  key(event) {
    const field = event.target.closest(FIELDS);
    if (!field || event.isComposing) return;
    const row = field.closest('tr');
    const position = this.fields(row).indexOf(field);
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.advance(row, position);
    } else if (event.key === 'Tab' && !event.shiftKey && this.isLast(row, position)) {
      event.preventDefault();
      this.advance(row, position);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (field.tagName === 'SELECT' || field.getAttribute('aria-expanded') === 'true') return;
      const other = event.key === 'ArrowDown' ? row.nextElementSibling ?? this.add() : row.previousElementSibling;
      event.preventDefault();
      if (other) this.focus(other, position);
    } else if (event.key === 'Delete' && event.ctrlKey) {
      event.preventDefault();
      this.remove(row);
    }
  }

  isLast(row, position) {
    return position === this.fields(row).length - 1 && !row.nextElementSibling;
  }

  advance(row, position) {
    if (position < this.fields(row).length - 1) this.focus(row, position + 1);
    else this.focus(row.nextElementSibling ?? this.add(), 0);
  }

  // A block of cells as Excel and WPS put it on the clipboard: tabs between cells, line ends between rows.
  paste(event) {
    const field = event.target.closest(FIELDS);
    const text = event.clipboardData.getData('text/plain').replace(/\r\n?/g, '\n').replace(/\n$/, '');
    if (!field || !/[\t\n]/.test(text)) return;
    event.preventDefault();
    const start = this.fields(field.closest('tr')).indexOf(field);
    let row = field.closest('tr');
    for (const line of text.split('\n')) {
      const fields = this.fields(row);
      line.split('\t').forEach((value, offset) => this.put(fields[start + offset], value.trim()));
      row = row.nextElementSibling ?? this.add();
    }
    this.focus(row, start);
    this.root.dispatchEvent(new Event('input', { bubbles: true }));
  }

  put(field, value) {
    if (!field) return;
    if (field.tagName === 'SELECT') {
      const option = [...field.options].find((one) => one.value === value || one.text === value);
      if (option) field.value = option.value;
    } else {
      field.value = field.inputMode === 'decimal' ? value.replaceAll(/(?<=\d),(?=\d{3}(\D|$))/g, '') : value;
    }
    if (field.dataset.lookup) recogniseCode(field);
    this.changed(field);
  }

  changed(field) {
    const cell = field.closest('td');
    if (cell?.classList.contains('has-error')) {
      cell.classList.remove('has-error');
      cell.querySelector('.cell-error')?.remove();
      field.removeAttribute('aria-invalid');
    }
    this.compute(field.closest('tr'));
  }

  // A preview only: what counts is computed by the server, exactly.
  compute(row) {
    for (const output of row?.querySelectorAll('[data-formula]') ?? []) {
      const numbers = output.dataset.formula.split('*').map((name) => Number(this.valueIn(row, name.trim())));
      const filled = numbers.every((number) => Number.isFinite(number)) && numbers.some((number) => number !== 0);
      output.textContent = filled ? shown(numbers.reduce((product, number) => product * number, 1), output.dataset.places) : '';
    }
    this.sum();
  }

  valueIn(row, name) {
    const field = row.querySelector(`[data-column="${CSS.escape(name)}"] :is(input, select, output)`);
    return (field?.value ?? '').replaceAll(',', '');
  }

  sum() {
    for (const total of this.root.querySelectorAll('[data-total]')) {
      const values = [...this.body.rows].map((row) => Number(this.valueIn(row, total.dataset.total)) || 0);
      total.textContent = shown(values.reduce((sum, value) => sum + value, 0), total.dataset.places);
    }
  }
}

function shown(number, places) {
  return number.toLocaleString('en-US', { minimumFractionDigits: Number(places), maximumFractionDigits: Number(places) });
}

const grids = new WeakSet();

export function enhanceGrids(root) {
  for (const element of root.querySelectorAll('[data-grid]')) {
    if (grids.has(element)) continue;
    grids.add(element);
    new Grid(element);
  }
}
