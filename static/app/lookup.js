// Type-ahead: <input data-lookup="/lookup/items/"> offers what the address finds for code, name or pinyin initials.
// The answer is {"results": [{"value", "text", "detail", "fill"}]}; what is sent with the form is the typed or chosen value.
const DELAY = 140;
let serial = 0;

class Lookup {
  constructor(input) {
    this.input = input;
    this.list = null;
    this.hits = [];
    this.chosen = -1;
    this.timer = 0;
    this.asked = 0;
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-expanded', 'false');
    input.addEventListener('input', () => this.later());
    input.addEventListener('keydown', (event) => this.key(event));
    input.addEventListener('blur', () => setTimeout(() => this.leave(), 120));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), DELAY);
  }

  async fetchHits(words) {
    const address = new URL(this.input.dataset.lookup, location.origin);
    for (const name of (address.searchParams.get('with') ?? '').split(',').filter(Boolean)) {
      const value = this.neighbour(name);
      if (value) address.searchParams.set(name, value);
    }
    address.searchParams.delete('with');
    address.searchParams.set('q', words);
    const answer = await fetch(address, { headers: { Accept: 'application/json' }, credentials: 'same-origin' });
    // Where the session has ended, the log-in answers instead: there is nothing to choose from.
    return answer.ok && !answer.redirected ? ((await answer.json()).results ?? []) : [];
  }

  // What stands in another field of the same line, or of the head: it narrows the choice (the bins of a warehouse).
  neighbour(name) {
    const cell = this.input.closest('[data-row]')?.querySelector(`[data-column="${CSS.escape(name)}"] :is(input, select)`);
    return (cell ?? this.input.form?.elements.namedItem(name))?.value;
  }

  async ask() {
    const mine = ++this.asked;
    const hits = await this.fetchHits(this.input.value.trim()).catch(() => []);
    if (mine !== this.asked || document.activeElement !== this.input) return;
    this.hits = hits;
    this.show();
  }

  show() {
    this.close();
    if (!this.hits.length) return;
    this.list = document.createElement('ul');
    this.list.className = 'lookup-list';
    this.list.id = `lookup-${++serial}`;
    this.list.setAttribute('role', 'listbox');
    this.hits.forEach((hit, index) => this.list.append(this.option(hit, index)));
    document.body.append(this.list);
    this.place();
    this.input.setAttribute('aria-expanded', 'true');
    this.input.setAttribute('aria-controls', this.list.id);
    this.choose(0);
  }

  option(hit, index) {
    const item = document.createElement('li');
    item.id = `lookup-option-${serial}-${index}`;
    item.setAttribute('role', 'option');
    for (const [name, text] of [['code', hit.value], ['text', hit.text], ['detail', hit.detail]]) {
      const part = document.createElement('span');
      part.className = `lookup-${name}`;
      part.textContent = text;
      item.append(part);
    }
    item.addEventListener('mousedown', (event) => { event.preventDefault(); this.take(hit); });
    return item;
  }

  place() {
    const box = this.input.getBoundingClientRect();
    const width = Math.min(Math.max(box.width, 320), window.innerWidth - 16);
    const left = Math.min(box.left, window.innerWidth - width - 8);
    const below = window.innerHeight - box.bottom;
    Object.assign(this.list.style, { left: `${left + scrollX}px`, width: `${width}px`, top: `${box.bottom + scrollY + 2}px` });
    if (below < 220 && box.top > below) this.list.style.top = `${box.top + scrollY - this.list.offsetHeight - 2}px`;
  }

  choose(index) {
    const options = this.list?.children ?? [];
    if (!options.length) return;
    this.chosen = (index + options.length) % options.length;
    [...options].forEach((option, at) => option.setAttribute('aria-selected', at === this.chosen));
    options[this.chosen].scrollIntoView({ block: 'nearest' });
    this.input.setAttribute('aria-activedescendant', options[this.chosen].id);
  }

  key(event) {
    if (event.key === 'F7') {
      event.preventDefault();
      this.ask();
    } else if (!this.list) {
      return;
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      event.stopPropagation();
      this.choose(this.chosen + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      this.take(this.hits[this.chosen]);
      if (event.key === 'Enter' && !this.input.closest('[data-grid]')) event.preventDefault();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      this.close();
    }
  }

  take(hit) {
    this.input.value = hit.value;
    this.known(hit);
    this.close();
    this.input.dispatchEvent(new Event('change', { bubbles: true }));
  }

  // Show the name beside the code and fill what else the hit knows, where nothing was typed yet.
  known(hit) {
    const scope = this.input.closest('[data-row]') ?? this.input.form;
    const fill = { name: hit.text, ...hit.fill };
    this.input.title = hit.text;
    const hint = this.input.parentElement.querySelector('.lookup-name');
    if (hint) hint.textContent = hit.text;
    for (const [name, value] of Object.entries(fill)) {
      const output = scope?.querySelector(`[data-fill="${CSS.escape(name)}"]`);
      if (output) output.textContent = value;
      const cell = scope?.querySelector(`[data-column="${CSS.escape(name)}"] :is(input, select)`) ?? scope?.querySelector(`:scope > .field [name="${CSS.escape(name)}"]`);
      if (cell && cell !== this.input && !cell.value) {
        cell.value = value;
        cell.dispatchEvent(new Event('change', { bubbles: true }));
      }
    }
  }

  // A code typed to its end, scanned or pasted is as good as a chosen one.
  async leave() {
    clearTimeout(this.timer);
    this.asked++;
    this.close();
    await this.recognise();
  }

  async recognise() {
    const code = this.input.value.trim();
    if (!code || this.recognised === code) return;
    this.recognised = code;
    const hits = await this.fetchHits(code).catch(() => []);
    const exact = hits.find((hit) => hit.value.toLowerCase() === code.toLowerCase());
    if (exact) {
      this.input.value = exact.value;
      this.known(exact);
    }
  }

  close() {
    this.list?.remove();
    this.list = null;
    this.chosen = -1;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }
}

const lookups = new WeakMap();

export function enhanceLookups(root) {
  for (const input of root.querySelectorAll('input[data-lookup]')) {
    if (!lookups.has(input)) lookups.set(input, new Lookup(input));
  }
}

export function recogniseCode(input) {
  return lookups.get(input)?.recognise();
}
