//! The same bits for any number of threads.

use crate::ops_support::{values, var};
use candle_core::{Device, Tensor};
use cepstrum_models::ops::{
    Activation, BatchNormParameters, Pool2d, batch_norm_dropout_train, conv2d, conv2d_max_pool2d, dense,
    l2_penalty, softmax_cross_entropy,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The bits of the loss and of every gradient of one step through a small network with every kind of layer.
fn step(channels: usize) -> Vec<u32> {
    let x = var(&[9, 21, 13, 1], 1, 1.0);
    let shapes: [&[usize]; 8] = [
        &[3, 3, 1, channels],
        &[channels],
        &[3, 3, channels, 37],
        &[37],
        &[2, 2, 37, channels],
        &[channels],
        &[4 * 2 * channels, 300],
        &[300],
    ];
    let mut parameters: Vec<_> = shapes.iter().zip(2..).map(|(shape, salt)| var(shape, salt, 0.2)).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let p = &parameters;
    let pool = Pool2d { window: [2, 2], stride: [2, 2] };
    let y = conv2d_max_pool2d(&x, &p[0], &p[1], Activation::Relu, pool).unwrap();
    let (gamma, beta) = (var(&[channels], 20, 1.0), var(&[channels], 21, 1.0));
    let norm = BatchNormParameters { gamma: &gamma, beta: &beta, epsilon: 1e-3 };
    let y = batch_norm_dropout_train(&y, &norm, 0.2, &mut rng).unwrap().y;
    let pool = Pool2d { window: [3, 3], stride: [1, 1] };
    let y = conv2d_max_pool2d(&y, &p[2], &p[3], Activation::Relu, pool).unwrap();
    let y = conv2d(&y, &p[4], &p[5], Activation::Relu).unwrap();
    let y = y.narrow(1, 0, 4).unwrap().narrow(2, 0, 2).unwrap().flatten_from(1).unwrap();
    let y = dense(&y, &p[6], &p[7], Activation::Linear).unwrap();
    let labels = Tensor::new(&[0_u32, 299, 7, 7, 5, 4, 3, 2, 1], &Device::Cpu).unwrap();
    let loss = (softmax_cross_entropy(&y, &labels).unwrap() + l2_penalty(&p[6], 1e-3).unwrap()).unwrap();
    let grads = loss.backward().unwrap();
    parameters.extend([x, gamma, beta]);
    let all = parameters.iter().flat_map(|p| values(grads.get(p).unwrap()));
    values(&loss).into_iter().chain(all).map(f32::to_bits).collect()
}

#[test]
fn gradients_have_the_same_bits_for_any_number_of_threads() {
    for channels in [3, 32, 70] {
        let with = |threads| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| step(channels))
        };
        let alone = with(1);
        assert!(alone.iter().any(|&bits| bits != 0));
        for threads in [2, 3, 4] {
            assert!(alone == with(threads), "{channels} channels, {threads} threads");
        }
    }
}

#[test]
fn a_layer_may_be_used_from_two_threads() {
    let alone = step(10);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| step(10))).collect();
        for thread in threads {
            assert!(alone == thread.join().unwrap());
        }
    });
}
