//! The console's app.

fn main() {
    leptos::mount::mount_to_body(web::pages::admin::Console);
}
