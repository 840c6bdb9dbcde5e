//! Enums that are numbers in the protocol.

/// Makes an enum of numbers on the wire; one that this crate does not know is kept.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// One that this version of the crate does not know, by its number.
            Unknown(i8),
        }

        impl $name {
            /// All that this version of the crate knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// The one of this number in the protocol.
            #[must_use]
            pub fn from_number(number: i8) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    _ => Self::Unknown(number),
                }
            }

            /// Its number in the protocol.
            #[must_use]
            pub fn number(self) -> i8 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Unknown(number) => number,
                }
            }
        }
    };
}

pub(super) use numbered;
