//! Small dense matrices: as much linear algebra as the exact queues of `phase` need.
//!
//! It is no library: no views, no sparse storage, no decomposition kept for later.

/// A dense matrix of `rows` x `columns`, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    cells: Vec<f64>,
}

impl Matrix {
    /// All zeros.
    pub fn zeros(rows: usize, columns: usize) -> Matrix {
        Matrix { rows, columns, cells: vec![0.0; rows * columns] }
    }

    /// `value` on the diagonal, zeros elsewhere.
    pub fn diagonal(size: usize, value: f64) -> Matrix {
        let mut matrix = Matrix::zeros(size, size);
        for i in 0..size {
            matrix.add_at(i, i, value);
        }
        matrix
    }

    /// Adds `value` to one cell.
    pub fn add_at(&mut self, row: usize, column: usize, value: f64) {
        assert!(row < self.rows && column < self.columns, "cell {row}, {column} of {} x {}", self.rows, self.columns);
        self.cells[row * self.columns + column] += value;
    }

    /// Sum of each row.
    pub fn row_sums(&self) -> Vec<f64> {
        self.cells.chunks_exact(self.columns).map(|row| row.iter().sum()).collect()
    }

    /// self + factor x other.
    pub fn plus(&self, factor: f64, other: &Matrix) -> Matrix {
        assert!(self.rows == other.rows && self.columns == other.columns, "sum of matrices of different shape");
        let cells = self.cells.iter().zip(&other.cells).map(|(a, b)| a + factor * b).collect();
        Matrix { cells, ..*self }
    }

    /// self x other.
    pub fn times(&self, other: &Matrix) -> Matrix {
        assert!(self.columns == other.rows, "product of {} columns and {} rows", self.columns, other.rows);
        let mut product = Matrix::zeros(self.rows, other.columns);
        for (row, into) in self.cells.chunks_exact(self.columns).zip(product.cells.chunks_exact_mut(other.columns)) {
            for (&factor, from) in row.iter().zip(other.cells.chunks_exact(other.columns)) {
                if factor != 0.0 {
                    into.iter_mut().zip(from).for_each(|(sum, cell)| *sum += factor * cell);
                }
            }
        }
        product
    }

    /// The row vector x self.
    pub fn after(&self, vector: &[f64]) -> Vec<f64> {
        assert!(vector.len() == self.rows, "vector of {} before {} rows", vector.len(), self.rows);
        let mut product = vec![0.0; self.columns];
        for (&factor, row) in vector.iter().zip(self.cells.chunks_exact(self.columns)) {
            product.iter_mut().zip(row).for_each(|(sum, cell)| *sum += factor * cell);
        }
        product
    }

    /// The X with self X = right, by Gauss-Jordan elimination with row pivots. A singular matrix is our bug.
    pub fn solve(&self, right: &Matrix) -> Matrix {
        let n = self.rows;
        assert!(n == self.columns && n == right.rows, "solving {} x {} for {} rows", n, self.columns, right.rows);
        let (mut left, mut right) = (self.clone(), right.clone());
        for k in 0..n {
            let size = |row: usize| left.cells[row * n + k].abs();
            let pivot = (k..n).fold(k, |best, row| if size(best) < size(row) { row } else { best });
            assert!(0.0 < size(pivot), "singular matrix at column {k} of {n}");
            left.swap_rows(k, pivot);
            right.swap_rows(k, pivot);
            let scale = 1.0 / left.cells[k * n + k];
            left.row_mut(k).iter_mut().for_each(|cell| *cell *= scale);
            right.row_mut(k).iter_mut().for_each(|cell| *cell *= scale);
            for row in (0..n).filter(|&row| row != k) {
                let factor = left.cells[row * n + k];
                if factor != 0.0 {
                    left.subtract_row(row, k, factor);
                    right.subtract_row(row, k, factor);
                }
            }
        }
        right
    }

    fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.cells[row * self.columns..(row + 1) * self.columns]
    }

    fn swap_rows(&mut self, a: usize, b: usize) {
        for column in 0..self.columns {
            self.cells.swap(a * self.columns + column, b * self.columns + column);
        }
    }

    fn subtract_row(&mut self, from: usize, row: usize, factor: f64) {
        for column in 0..self.columns {
            self.cells[from * self.columns + column] -= factor * self.cells[row * self.columns + column];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [[0, 2], [1, 1]] X = [[2], [3]] has X = [[2], [1]]; the first pivot is 0.
    #[test]
    fn solves_what_it_multiplies() {
        let mut a = Matrix::zeros(2, 2);
        a.add_at(0, 1, 2.0);
        a.add_at(1, 0, 1.0);
        a.add_at(1, 1, 1.0);
        let mut b = Matrix::zeros(2, 1);
        b.add_at(0, 0, 2.0);
        b.add_at(1, 0, 3.0);
        let x = a.solve(&b);
        assert_eq!(x.cells, [2.0, 1.0]);
        assert_eq!(a.times(&x), b);
        assert_eq!(a.after(&[3.0, 1.0]), [1.0, 7.0]);
        assert_eq!(a.row_sums(), [2.0, 2.0]);
        assert_eq!(a.plus(-1.0, &a), Matrix::zeros(2, 2));
        assert_eq!(a.times(&Matrix::diagonal(2, 1.0)), a);
    }
}
