// What every page does: search box, questions before what can't be undone, one submit per click, messages, menu.
import { enhanceGrids } from './grid.js';
import { enhanceLookups } from './lookup.js';

const byId = (id) => document.getElementById(id);

// ---- search box (Ctrl-K) ----------------------------------------------------------------------------------------------
function openSearch() {
  const dialog = byId('search-dialog');
  if (!dialog || dialog.open) return;
  dialog.showModal();
  const input = dialog.querySelector('input');
  input.select();
  input.focus();
}

function moveHit(step) {
  const hits = [...byId('search-hits').querySelectorAll('.hit')];
  if (!hits.length) return;
  const present = hits.findIndex((hit) => hit.classList.contains('is-chosen'));
  hits[present]?.classList.remove('is-chosen');
  const next = hits[(present + step + hits.length) % hits.length];
  next.classList.add('is-chosen');
  next.scrollIntoView({ block: 'nearest' });
}

function searchKeys(event) {
  if (event.key === 'Escape') {
    event.preventDefault();
    event.currentTarget.close();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    moveHit(event.key === 'ArrowDown' ? 1 : -1);
  } else if (event.key === 'Enter') {
    const chosen = byId('search-hits').querySelector('.hit.is-chosen') ?? byId('search-hits').querySelector('.hit');
    if (chosen) {
      event.preventDefault();
      chosen.click();
    }
  }
}

// ---- questions before what can't be undone ------------------------------------------------------------------------------
function ask(form, submitter) {
  const dialog = byId('confirm-dialog');
  const reason = dialog.querySelector('.confirm-reason');
  const text = reason.querySelector('textarea');
  byId('confirm-question').textContent = form.dataset.confirm || submitter?.textContent.trim() || '';
  reason.hidden = !('wantsReason' in form.dataset);
  text.required = !reason.hidden;
  text.value = '';
  dialog.returnValue = 'no';
  dialog.addEventListener('close', () => {
    if (dialog.returnValue !== 'yes') return;
    if (!reason.hidden) form.elements.reason.value = text.value;
    form.dataset.confirmed = '';
    form.requestSubmit(submitter);
  }, { once: true });
  dialog.showModal();
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (('confirm' in form.dataset || 'wantsReason' in form.dataset) && !('confirmed' in form.dataset)) {
    event.preventDefault();
    ask(form, event.submitter);
    return;
  }
  delete form.dataset.confirmed;
  if ('sent' in form.dataset) {
    event.preventDefault();
    return;
  }
  if (form.hasAttribute('data-fresh-token')) refreshToken(form);
  form.dataset.sent = '';
  event.submitter?.classList.add('is-busy');
});

// A page that comes back from the browser's memory can be sent again.
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
  for (const button of document.querySelectorAll('.is-busy')) button.classList.remove('is-busy');
});

// After a log-in in another tab the token of this page is old; the cookie has the new one.
function refreshToken(form) {
  const cookie = document.cookie.split('; ').find((part) => part.startsWith('csrftoken='));
  if (cookie) form.elements.csrfmiddlewaretoken.value = cookie.slice('csrftoken='.length);
}

document.addEventListener('htmx:configRequest', (event) => {
  const token = document.querySelector('input[name=csrfmiddlewaretoken]');
  if (token && event.detail.verb !== 'get') event.detail.headers['X-CSRFToken'] = token.value;
});

// ---- what was typed is not lost by a wrong click ----------------------------------------------------------------------
let dirty = false;
document.addEventListener('input', (event) => {
  if (event.target.closest('form[data-keep]')) dirty = true;
});
document.addEventListener('submit', () => { dirty = false; });
window.addEventListener('beforeunload', (event) => {
  if (dirty) event.preventDefault();
});

// ---- clicks and keys ------------------------------------------------------------------------------------------------------
document.addEventListener('click', (event) => {
  const target = event.target.closest('[data-open-search],[data-open-dialog],[data-dismiss],[data-print-page],dialog');
  if (!target) return;
  if (target.hasAttribute('data-open-search')) openSearch();
  else if (target.dataset.openDialog) byId(target.dataset.openDialog).showModal();
  else if (target.hasAttribute('data-dismiss')) target.closest('.note').remove();
  else if (target.hasAttribute('data-print-page')) window.print();
  else if (event.target === target) target.close();
});

document.addEventListener('keydown', (event) => {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    openSearch();
  } else if (control && event.key.toLowerCase() === 's') {
    const form = document.querySelector('form[data-keep]');
    if (!form) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector('button[data-save]') ?? undefined);
  }
});
byId('search-dialog')?.addEventListener('keydown', searchKeys);

// ---- small things ---------------------------------------------------------------------------------------------------------
for (const note of document.querySelectorAll('[data-fades]')) setTimeout(() => note.classList.add('is-gone'), 6000);
for (const control of document.querySelectorAll('select[data-submits], input[data-submits]')) {
  control.addEventListener('change', () => control.form.requestSubmit());
}
for (const table of document.querySelectorAll('[data-select-all]')) {
  const boxes = () => table.querySelectorAll('tbody input[type=checkbox]');
  table.querySelector('thead input[type=checkbox]')?.addEventListener('change', (event) => {
    for (const box of boxes()) box.checked = event.target.checked;
  });
}

// The menu remembers which parts are open; the part of the present page always is.
const menuKey = 'bihuan-menu';
let opened = [];
try { opened = JSON.parse(localStorage.getItem(menuKey)) ?? []; } catch { opened = []; }
for (const section of document.querySelectorAll('[data-menu-section]')) {
  if (opened.includes(section.dataset.menuSection)) section.open = true;
  section.addEventListener('toggle', () => {
    const open = [...document.querySelectorAll('[data-menu-section][open]')].map((one) => one.dataset.menuSection);
    try { localStorage.setItem(menuKey, JSON.stringify(open)); } catch { /* private window: the menu just forgets */ }
  });
}

function enhance(root) {
  enhanceLookups(root);
  enhanceGrids(root);
}
enhance(document);
document.addEventListener('htmx:afterSwap', (event) => enhance(event.target));
