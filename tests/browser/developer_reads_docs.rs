//! A developer opens the documentation of the API and finds an operation.

use crate::browser::Browser;
use crate::product::Product;

#[tokio::test]
async fn the_documentation_can_be_read_and_tried() {
    let product = Product::start(&[]).await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/api/v3/docs", product.url)).await;
    browser.sees("Open an incident").await;
    browser.sees("Set a component's status").await;
    browser.quit().await;
}
