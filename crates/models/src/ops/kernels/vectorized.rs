/// Defines functions whose loops are compiled for every vector width; the widest that the machine has is chosen at run
/// time.
///
/// A closure given to `pulp` would do the same only where the compiler happens to inline it.
macro_rules! vectorized {
    ($($(#[$attribute:meta])* $visibility:vis fn $name:ident<$life:lifetime>($($argument:ident: $type:ty),* $(,)?)
        $body:block)*) => {$(
        $(#[$attribute])*
        $visibility fn $name<$life>($($argument: $type),*) {
            struct Run<$life> {
                $($argument: $type,)*
                lifetime: std::marker::PhantomData<&$life ()>,
            }
            impl<$life> pulp::WithSimd for Run<$life> {
                type Output = ();

                #[allow(clippy::inline_always, reason = "only an inlined body is compiled for the vectors found")]
                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) {
                    let Self { $($argument,)* .. } = self;
                    $body
                }
            }
            pulp::Arch::new().dispatch(Run { $($argument,)* lifetime: std::marker::PhantomData });
        }
    )*};
}
pub(in super::super) use vectorized;
