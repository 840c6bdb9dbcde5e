//! Prints every error code that this crate knows: number, name, whether it is retriable, separated by tabs.
//! `scripts/check-error-codes.sh` compares it with Kafka's own list.

use milena_wire::error_code::ErrorCode;

fn main() {
    for &code in ErrorCode::ALL {
        println!(
            "{}\t{}\t{}",
            code.0,
            code.name().unwrap_or("-"),
            code.is_retriable()
        );
    }
}
