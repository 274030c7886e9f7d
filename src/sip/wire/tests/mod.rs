mod differential;
mod limits;
mod mutated;
mod shapes;
mod torture;
