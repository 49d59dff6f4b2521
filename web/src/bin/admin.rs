//! The console's app.

fn main() {
    leptos::mount::mount_to_body(|| leptos::view! { <web::ui::markdown::Markdown text="hello"/> });
}
