// A click on a person of the demo factory fills the form and logs in.
for (const button of document.querySelectorAll('[data-login]')) {
  button.addEventListener('click', () => {
    document.getElementById('id_login').value = button.dataset.login;
    document.getElementById('id_password').value = button.dataset.password;
    document.querySelector('.login-form').requestSubmit();
  });
}
