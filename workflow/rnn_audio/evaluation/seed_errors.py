"""Errors of every seed's model of a device over frequency, as one record (paper B, section 5.1 and figure 4).

The record holds levels and energies instead of sounds: 42 s of audio from each of 40 models would take 300 MB.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnn_audio.evaluation.error_spectra import ErrorSpectrum, band_energies, error_spectrum, third_octaves
from rnn_audio.evaluation.quantities import BANDS_HZ
from rnn_audio.evaluation.statistics import Interval, bootstrap_over_blocks, level_db
from rnn_audio.records import Record
from rnn_audio.types import Floats, Samples

RESOLUTIONS = {"third_octaves": third_octaves, "fine": error_spectrum}


@dataclass(frozen=True)
class SeedSpectra:
    """The error's spectrum of each seed.

    Attributes:
        frequencies_hz: frequencies, or centres of bands, [F].
        target_db: levels of the target, [F]; minus infinity where it is silent.
        relative_db: by seed, error over target in dB, [F]: silence has 0 dB. NaN where the target is silent.
    """

    frequencies_hz: Floats
    target_db: Floats
    relative_db: Mapping[int, Floats]


@dataclass(frozen=True)
class SeedBand:
    """Energies of each seed's error in a frequency band, in blocks of about a second.

    Attributes:
        target: energy of the target, [B].
        errors: by seed, energy of the error, [B].
    """

    target: Floats
    errors: Mapping[int, Floats]

    def level_db(self, seed: int) -> float:
        """Energy of a seed's error over the target's in dB: that of `band_level_db`."""
        return float(level_db(np.array([self.errors[seed].sum(), self.target.sum()])))


def measure_seeds(target: Samples, outputs: Mapping[int, Samples], rate_hz: float) -> Record:
    """Spectra and band energies of the errors of several seeds.

    Args:
        target: the device's output for the whole test set, [N].
        outputs: each seed's output, [N].
        rate_hz: sampling rate of all in Hz.

    Returns:
        A record with the entries `spectra`, by resolution, and `bands`, by the name of the level; levels in dB, None
        where there is none.

    Raises:
        InputError: the signals differ in length or are too short, or the rate is too low.
    """
    return {
        "rate_hz": rate_hz,
        "spectra": {
            name: _spectra_record({seed: measure(target, output, rate_hz) for seed, output in outputs.items()})
            for name, measure in RESOLUTIONS.items()
        },
        "bands": {
            name: _band_record(
                {seed: band_energies(target, output, rate_hz, *edges) for seed, output in outputs.items()}
            )
            for name, edges in BANDS_HZ.items()
        },
    }


def read_spectra(record: Record, resolution: str) -> SeedSpectra:
    """The spectra of one resolution from the record of `measure_seeds`."""
    stored = record["spectra"][resolution]
    target_db = _levels(stored["target_db"], -np.inf)
    return SeedSpectra(
        np.array(stored["frequencies_hz"], dtype=np.float64),
        target_db,
        {seed: _levels(levels, np.nan) for seed, levels in _by_seed(stored["relative_db"])},
    )


def read_band(record: Record, name: str) -> SeedBand:
    """One band from the record of `measure_seeds`."""
    stored = record["bands"][name]
    errors = {seed: np.array(energies, dtype=np.float64) for seed, energies in _by_seed(stored["errors"])}
    return SeedBand(np.array(stored["target"], dtype=np.float64), errors)


def difference_over_blocks(own: SeedBand, seed: int, others: Sequence[tuple[SeedBand, int]]) -> Interval:
    """How far the level of one model's error is above the mean level of others in dB, with its interval over seconds.

    Args:
        own: the energies of the model's configuration.
        seed: the model's seed.
        others: the same of each other model, all on the same recording.
    """
    columns = [own.target, own.errors[seed], *(band.errors[other_seed] for band, other_seed in others)]

    def difference(totals: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            levels = 10.0 * np.log10(totals[..., 1:] / totals[..., :1])
        return levels[..., 0] - levels[..., 1:].mean(axis=-1)

    return bootstrap_over_blocks(np.stack(columns, axis=1), difference)


def _spectra_record(spectra: Mapping[int, ErrorSpectrum]) -> Record:
    first = next(iter(spectra.values()))
    return {
        "frequencies_hz": first.frequencies_hz.tolist(),
        "target_db": _finite(first.target_db),
        "relative_db": {str(seed): _finite(spectrum.relative_db) for seed, spectrum in spectra.items()},
    }


def _band_record(energies: Mapping[int, Floats]) -> Record:
    return {
        "target": next(iter(energies.values()))[:, 1].tolist(),
        "errors": {str(seed): own[:, 0].tolist() for seed, own in energies.items()},
    }


def _by_seed(stored: Mapping[str, list]) -> list[tuple[int, list]]:
    """Entries in the order of the seeds; keys of JSON are texts."""
    return sorted((int(seed), values) for seed, values in stored.items())


def _finite(levels: Floats) -> list[float | None]:
    return [level if np.isfinite(level) else None for level in levels.tolist()]


def _levels(stored: list[float | None], missing: float) -> Floats:
    return np.array([missing if level is None else level for level in stored], dtype=np.float64)
