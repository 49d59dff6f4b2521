// Starts the app of this page. A file of its own because the content security policy allows no script in the page;
// the names of the app's files are in the head.
const app = document.getElementById("signet-app");
const { default: start } = await import(app.href);
await start({ module_or_path: app.dataset.wasm });
