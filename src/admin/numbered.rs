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

#[cfg(test)]
mod tests {
    numbered! {
        /// Of two.
        Two {
            /// The first.
            First = 1,
            /// The other.
            Other = -3,
        }
    }

    #[test]
    fn numbers_go_there_and_back() {
        for number in i8::MIN..=i8::MAX {
            assert_eq!(Two::from_number(number).number(), number);
        }
        assert_eq!(Two::from_number(-3), Two::Other);
        assert_eq!(Two::from_number(2), Two::Unknown(2));
        assert_eq!(Two::KNOWN, [Two::First, Two::Other]);
    }
}
