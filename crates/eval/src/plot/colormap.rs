//! Color maps for heat maps and matrices.

use super::color::Color;

/// A color map over 0..=1: matplotlib's map of the same name, to within 5 of 255 per channel.
///
/// Viridis, magma and cividis are perceptually uniform and safe for color-blind readers.
///
/// # References
/// Smith and van der Walt (2015), viridis and magma; Nuñez, Anderton and Renslow (2018), cividis,
/// doi:10.1371/journal.pone.0199239; Brewer's Greens and `RdBu`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colormap {
    /// From violet through green to yellow.
    #[default]
    Viridis,
    /// From black through purple to cream.
    Magma,
    /// From blue through gray to yellow.
    Cividis,
    /// From white to dark green, as in the reference experiment.
    Greens,
    /// From blue through white to red, for signed values: 0.5 is zero.
    BlueRed,
}

impl Colormap {
    /// Returns the color at `position` as red, green and blue. Positions outside 0..=1 take the nearest end, NaN the
    /// lower.
    ///
    /// ```
    /// use cepstrum_eval::plot::Colormap;
    ///
    /// assert_eq!(Colormap::Viridis.at(0.0), [0x44, 0x01, 0x54]);
    /// assert_eq!(Colormap::Viridis.at(1.0), [0xfd, 0xe7, 0x25]);
    /// ```
    pub fn at(self, position: f32) -> [u8; 3] {
        let anchors = self.anchors();
        let last = anchors.len() - 1;
        let position = if position.is_nan() { 0.0 } else { position.clamp(0.0, 1.0) };
        let scaled = position * last as f32;
        let below = (scaled as usize).min(last - 1);
        let share = scaled - below as f32;
        let [low, high] = [anchors[below], anchors[below + 1]].map(u32::to_be_bytes);
        std::array::from_fn(|channel| {
            let (a, b) = (f32::from(low[channel + 1]), f32::from(high[channel + 1]));
            (a + share * (b - a)).round() as u8
        })
    }

    /// [`at`](Self::at) as a color.
    pub(crate) fn color(self, position: f32) -> Color {
        Color(self.at(position))
    }

    /// The map at 33 equal steps.
    fn anchors(self) -> &'static [u32; 33] {
        match self {
            Self::Viridis => &VIRIDIS,
            Self::Magma => &MAGMA,
            Self::Cividis => &CIVIDIS,
            Self::Greens => &GREENS,
            Self::BlueRed => &BLUE_RED,
        }
    }
}

#[rustfmt::skip]
static VIRIDIS: [u32; 33] = [
    0x0044_0154, 0x0047_0d60, 0x0048_186a, 0x0048_2374, 0x0047_2d7b, 0x0045_3781, 0x0042_4086,
    0x003e_4989, 0x003b_528b, 0x0037_5b8d, 0x0033_638d, 0x002f_6b8e, 0x002c_728e, 0x0029_7a8e,
    0x0026_828e, 0x0023_898e, 0x0021_918c, 0x001f_988b, 0x001f_a088, 0x0022_a785, 0x0028_ae80,
    0x0032_b67a, 0x003f_bc73, 0x004e_c36b, 0x005e_c962, 0x0070_cf57, 0x0084_d44b, 0x0098_d83e,
    0x00ad_dc30, 0x00c2_df23, 0x00d8_e219, 0x00ec_e51b, 0x00fd_e725,
];

#[rustfmt::skip]
static MAGMA: [u32; 33] = [
    0x0000_0004, 0x0003_0312, 0x000a_0822, 0x0013_0d34, 0x001d_1147, 0x0029_115a, 0x0036_106b,
    0x0044_0f76, 0x0051_127c, 0x005d_177f, 0x006a_1c81, 0x0076_2181, 0x0083_2681, 0x0090_2a81,
    0x009c_2e7f, 0x00aa_337d, 0x00b7_3779, 0x00c4_3c75, 0x00d0_416f, 0x00dc_4869, 0x00e7_5263,
    0x00ef_5d5e, 0x00f5_6b5c, 0x00f9_795d, 0x00fc_8961, 0x00fd_9869, 0x00fe_a772, 0x00fe_b67c,
    0x00fe_c488, 0x00fe_d395, 0x00fd_e2a3, 0x00fc_f0b2, 0x00fc_fdbf,
];

#[rustfmt::skip]
static CIVIDIS: [u32; 33] = [
    0x0000_224e, 0x0000_285b, 0x0000_2e6a, 0x0005_3371, 0x001a_386f, 0x0027_3e6e, 0x0032_436d,
    0x003b_496c, 0x0043_4e6c, 0x004b_546c, 0x0053_5a6d, 0x005a_5f6e, 0x0061_656f, 0x0068_6a71,
    0x006f_7073, 0x0076_7676, 0x007d_7c78, 0x0084_8279, 0x008c_8878, 0x0093_8e78, 0x009b_9476,
    0x00a3_9a74, 0x00ab_a072, 0x00b4_a76f, 0x00bc_ae6c, 0x00c4_b468, 0x00cd_bb63, 0x00d5_c25e,
    0x00de_c958, 0x00e7_d150, 0x00f0_d846, 0x00f9_e03a, 0x00fe_e838,
];

#[rustfmt::skip]
static GREENS: [u32; 33] = [
    0x00f7_fcf5, 0x00f2_faf0, 0x00ee_f8ea, 0x00e9_f7e5, 0x00e5_f5e0, 0x00dd_f2d8, 0x00d6_efd0,
    0x00ce_ecc8, 0x00c7_e9c0, 0x00bd_e5b6, 0x00b4_e1ad, 0x00aa_dda4, 0x00a0_d99b, 0x0095_d391,
    0x008a_ce88, 0x007f_c97f, 0x0073_c476, 0x0066_bd6f, 0x005a_b769, 0x004d_b163, 0x0040_aa5d,
    0x0039_a257, 0x0031_9a50, 0x002a_924a, 0x0022_8a44, 0x0019_833e, 0x0011_7b38, 0x0008_7432,
    0x0000_6c2c, 0x0000_6227, 0x0000_5723, 0x0000_4d1f, 0x0000_441b,
];

#[rustfmt::skip]
static BLUE_RED: [u32; 33] = [
    0x0005_3061, 0x000e_4179, 0x0017_5290, 0x001f_63a8, 0x002a_71b2, 0x0034_80b9, 0x003f_8ec0,
    0x0052_9dc8, 0x006b_acd1, 0x0084_bcd9, 0x009b_c9e0, 0x00ae_d3e6, 0x00c2_ddec, 0x00d4_e6f1,
    0x00e0_ecf3, 0x00ec_f2f5, 0x00f7_f6f6, 0x00f9_eee7, 0x00fb_e5d8, 0x00fd_dcc9, 0x00fb_ccb4,
    0x00f8_bb9e, 0x00f5_aa89, 0x00ee_9677, 0x00e4_8066, 0x00db_6b55, 0x00d0_5548, 0x00c5_3e3d,
    0x00ba_2832, 0x00ab_162a, 0x0093_0e26, 0x007c_0722, 0x0067_001f,
];
