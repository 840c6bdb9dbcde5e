//! Enums that are words in the protocol.

/// Makes an enum of words in the protocol; one that this crate does not know is kept.
macro_rules! worded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// One that this version of the crate does not know, as the broker calls it.
            Unknown(String),
        }

        impl $name {
            pub(in crate::admin) fn from_word(word: &str) -> Self {
                match word {
                    $(word if word.eq_ignore_ascii_case($word) => Self::$variant,)*
                    _ => Self::Unknown(word.to_owned()),
                }
            }

            /// Its name in the protocol.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Unknown(word) => word,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(super) use worded;
