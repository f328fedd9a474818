//! Layers that the CPU computes in one pass, compared with one after the other. Every other device does just that.

use crate::ops_gradients::{CONVOLUTIONS, TOLERANCE, inputs};
use crate::ops_support::reference::wide;
use crate::ops_support::{gradients, relative_error};
use cepstrum_models::ops::{Activation, Pool2d, conv2d, conv2d_max_pool2d, max_pool2d};

#[test]
fn fused_convolution_and_pooling_equals_one_after_the_other() {
    for shape in CONVOLUTIONS {
        for (window, stride) in [([2, 2], [2, 2]), ([3, 3], [2, 2]), ([3, 2], [1, 3]), ([20, 20], [1, 1])] {
            let pool = Pool2d { window, stride };
            for activation in [Activation::Linear, Activation::Relu] {
                let inputs = inputs(shape);
                let fused =
                    gradients(&inputs, |x| conv2d_max_pool2d(&x[0], &x[1], &x[2], activation, pool).unwrap());
                let apart = gradients(&inputs, |x| {
                    max_pool2d(&conv2d(&x[0], &x[1], &x[2], activation).unwrap(), pool).unwrap()
                });
                assert_eq!(fused.0, apart.0, "{shape:?} {window:?} {activation:?}");
                for (index, (fused, apart)) in fused.1.iter().zip(&apart.1).enumerate() {
                    let error = relative_error(fused, &wide(apart));
                    assert!(
                        error < TOLERANCE,
                        "{shape:?} {window:?} {activation:?}: gradient {index} {error:e}"
                    );
                }
            }
        }
    }
}
