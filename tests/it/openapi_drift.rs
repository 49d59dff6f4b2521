//! `openapi/openapi.json` is what the server says of itself.

#[test]
fn the_checked_in_document_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == server::api::document(),
        "openapi/openapi.json is stale: run `make openapi` and commit it"
    );
}
