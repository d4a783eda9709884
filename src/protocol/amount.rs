//! Money and tokens as people read them: the same in the window, in messages and on the command
//! line.

/// From this share on, a budget is nearly spent and a context nearly full.
pub const NEARLY_ALL: f64 = 0.8;

/// US dollars: `$0.0004`, `$0.12`, `$12.30`.
pub fn dollars(usd: f64) -> String {
    if usd.is_nan() || usd <= 0.0 {
        return "$0".to_owned();
    }
    if usd >= 0.01 {
        return format!("${usd:.2}");
    }
    // One figure, of tiny sums: the second says nothing.
    let decimals = (1.0 - usd.log10().floor()).clamp(2.0, 8.0) as usize;
    let text = format!("{usd:.decimals$}");
    let text = text.trim_end_matches('0');
    if text.ends_with('.') { "under $0.0000001".to_owned() } else { format!("${text}") }
}

/// Tokens: `412`, `12.4k`, `1.2M`.
pub fn tokens(count: u64) -> String {
    let in_tenths = |unit: u64| {
        let tenths = count.saturating_add(unit / 20) / (unit / 10);
        (tenths / 10, tenths % 10)
    };
    for (unit, letter, most) in
        [(1_000, "k", 999_950), (1_000_000, "M", 999_950_000), (1_000_000_000, "B", u64::MAX)]
    {
        if count < 1_000 {
            break;
        }
        if count < most {
            return match in_tenths(unit) {
                (whole, 0) => format!("{whole}{letter}"),
                (whole, tenth) => format!("{whole}.{tenth}{letter}"),
            };
        }
    }
    count.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_cents_and_tiny_sums_one_figure() {
        let table = [
            (0.0, "$0"),
            (-1.0, "$0"),
            (f64::NAN, "$0"),
            (1e-12, "under $0.0000001"),
            (0.000_012, "$0.000012"),
            (0.0004, "$0.0004"),
            (0.009_999, "$0.01"),
            (0.01, "$0.01"),
            (0.12, "$0.12"),
            (12.3, "$12.30"),
            (1_234.5, "$1234.50"),
        ];
        for (usd, text) in table {
            assert_eq!(dollars(usd), text);
        }
    }

    #[test]
    fn tokens_have_three_figures() {
        let table = [
            (0, "0"),
            (412, "412"),
            (999, "999"),
            (1_000, "1k"),
            (12_449, "12.4k"),
            (999_949, "999.9k"),
            (999_950, "1M"),
            (1_200_000, "1.2M"),
            (999_950_000, "1B"),
            (1_000_000_000_000, "1000B"),
        ];
        for (count, text) in table {
            assert_eq!(tokens(count), text);
        }
    }
}
