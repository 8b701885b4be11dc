// Pages for the printer: a button that prints and one that leads back.
document.querySelector('[data-print-page]')?.addEventListener('click', () => window.print());
document.querySelector('[data-back]')?.addEventListener('click', (event) => {
  if (history.length < 2) return;
  event.preventDefault();
  history.back();
});
