// Runs before the first paint: follows the device where the user has not chosen light or dark.
(() => {
  const root = document.documentElement;
  if (root.dataset.theme !== 'auto') return;
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const follow = () => {
    if (dark.matches) root.setAttribute('data-bs-theme', 'dark');
    else root.removeAttribute('data-bs-theme');
  };
  follow();
  dark.addEventListener('change', follow);
})();
