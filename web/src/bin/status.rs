//! The public page's app: takes over the document the server wrote.

fn main() {
    leptos::mount::mount_to_body(|| leptos::view! { <web::ui::markdown::Markdown text="hello"/> });
}
