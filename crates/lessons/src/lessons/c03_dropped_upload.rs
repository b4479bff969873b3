//! Read the first bytes of an upload and drop the rest.

use crate::prelude::*;

/// Bytes of an uploaded file: far more than a service reads ahead.
const UPLOAD_BYTES: usize = 160 << 10;

const BOUNDARY: &str = "----leaklab-3f1c9a7e";

pub(super) const LESSON: Lesson = Lesson {
    title: "read an upload's start, drop the rest",
    route: "POST /orders/{id}/attachments",
    grows_with: "dropped uploads",
    requests: 80,
    window_requests: 8,
    request: |_, n| {
        let order = shop_order(n);
        let file =
            "%PDF-1.7\n".to_owned() + &"0123456789abcde\n".repeat(UPLOAD_BYTES / 16);
        let form = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; \
             filename=\"invoice-{order}.pdf\"\r\ncontent-type: application/pdf\r\n\r\n\
             {file}\r\n--{BOUNDARY}--\r\n"
        );
        Request::new("POST", format!("/orders/{order}/attachments"))
            .header("x-tenant", SHOP)
            .body(&format!("multipart/form-data; boundary={BOUNDARY}"), form)
    },
    ..JOB
};
