#!/usr/bin/env bash
# scikit-learn 1.9.1, SciPy 1.17.1: what DictVectorizer makes, the solver liblinear of the same library refuses.
#
# Guess: any vectorizer and any linear model of scikit-learn make a pipeline, whatever the solver; four rows are not too many.
# Seen: DictVectorizer gives a matrix with 64-bit indices however small it is. LogisticRegression with liblinear and LinearSVC
# end in ValueError ("Only sparse matrices with 32-bit integer indices are accepted"); lbfgs takes it. CountVectorizer's matrix
# has 32-bit indices and fits everywhere. A cast of `indices` and `indptr` to int32 mends it.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check scikit-learn==1.9.1 scipy==1.17.1
"$work/venv/bin/python" - > "$work/seen" <<'PY'
import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

COUNTED = [{"red": 1, "round": 1}, {"green": 2}, {"blue": 1, "round": 2}, {"red": 2}]
WORDS = ["red round", "green green", "blue round round", "red red"]
LABELS = [0, 1, 1, 0]
MODELS = {"liblinear": LogisticRegression(solver="liblinear"), "LinearSVC": LinearSVC(), "lbfgs": LogisticRegression()}


def told(name, matrix):
    for model, machine in MODELS.items():
        try:
            machine.fit(matrix, LABELS)
        except ValueError as error:
            print(name, matrix.indices.dtype, model, str(error).partition(".")[0])
        else:
            print(name, matrix.indices.dtype, model, "fits")


vectors = DictVectorizer().fit_transform(COUNTED)
told("DictVectorizer", vectors)
told("CountVectorizer", CountVectorizer().fit_transform(WORDS))
vectors.indices, vectors.indptr = vectors.indices.astype(np.int32), vectors.indptr.astype(np.int32)
told("cast", vectors)
PY
cat "$work/seen"
diff "$work/seen" - <<'WANTED'
DictVectorizer int64 liblinear Only sparse matrices with 32-bit integer indices are accepted
DictVectorizer int64 LinearSVC Only sparse matrices with 32-bit integer indices are accepted
DictVectorizer int64 lbfgs fits
CountVectorizer int32 liblinear fits
CountVectorizer int32 LinearSVC fits
CountVectorizer int32 lbfgs fits
cast int32 liblinear fits
cast int32 LinearSVC fits
cast int32 lbfgs fits
WANTED
