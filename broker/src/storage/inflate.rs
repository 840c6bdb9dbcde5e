//! A decompressor for each thread, since its contexts are large and slow to make.

use std::cell::RefCell;

use milena_wire::compression::Decompressor;

thread_local! {
    static DECOMPRESSOR: RefCell<Decompressor> = RefCell::new(Decompressor::new());
}

/// Runs `work`, which must not come here again, with this thread's decompressor.
pub(super) fn with_decompressor<T>(work: impl FnOnce(&mut Decompressor) -> T) -> T {
    DECOMPRESSOR.with_borrow_mut(work)
}
