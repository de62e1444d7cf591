from pathlib import Path

import pytest

from launcher.setup import compiled_modules
from launcher.setup.compiled_modules import (
    CORE,
    ORDER_PATH,
    are_compiled_modules_fresh,
    compute_digest,
    is_in_place,
    is_kept,
    list_modules,
    locate,
    place_if_kept,
    remove_compiled,
)

ORDERS = Path("engine/exchange/orders.py")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of its own with a core and one module of the order path."""
    (tmp_path / CORE).parent.mkdir(parents=True)
    (tmp_path / ORDERS).parent.mkdir()
    for path in (CORE, ORDERS, ORDERS.with_suffix(".pxd"), Path("setup.py")):
        (tmp_path / path).write_text("x = 1")
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["Cython==3.3.1"]\n')
    monkeypatch.setattr(compiled_modules, "ROOT", tmp_path)
    monkeypatch.setattr(compiled_modules, "KEPT_FOLDER", tmp_path / "build" / "core")
    monkeypatch.delenv("ENGINE_DEBUG", raising=False)
    return tmp_path


def build(root: Path) -> str:
    """Do what setup.py does, without a compiler."""
    digest = compute_digest()
    made = root / "made"
    for module in list_modules():
        path = made / locate(module).relative_to(root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{module} of {digest}")
    compiled_modules.KEPT_FOLDER.mkdir(parents=True, exist_ok=True)
    compiled_modules.keep(digest, made)
    compiled_modules.place(digest)
    return digest


def change(path: Path) -> None:
    path.write_text(f"{path.read_text()}\n# changed")


def test_what_is_compiled_is_the_core_and_each_module_with_types(root: Path) -> None:
    (root / "engine" / "exchange" / "plain.py").touch()
    (root / ORDER_PATH).parent.mkdir()
    (root / ORDER_PATH).touch()
    (root / ORDER_PATH).with_name("types_alone.pxd").touch()
    assert list_modules() == [CORE, ORDER_PATH, ORDERS]


def test_no_compiled_module_is_a_state_too(root: Path) -> None:
    assert not is_in_place()
    assert are_compiled_modules_fresh()
    assert locate(CORE).parent == (root / CORE).parent


@pytest.mark.parametrize(
    "name", ["setup.py", str(CORE), str(ORDERS), str(ORDERS.with_suffix(".pxd"))]
)
def test_a_changed_source_is_noticed(root: Path, name: str) -> None:
    build(root)
    assert is_in_place()
    change(root / name)
    assert not is_in_place()
    assert not are_compiled_modules_fresh()


def test_a_touched_source_is_not_compiled_again(root: Path) -> None:
    build(root)
    (root / CORE).touch()
    assert is_in_place()


def test_another_cython_or_other_flags_are_noticed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(root)
    monkeypatch.setenv("CFLAGS", "-march=native")
    assert not is_in_place()
    monkeypatch.delenv("CFLAGS")
    (root / "pyproject.toml").write_text('[build-system]\nrequires = ["Cython==3.3.2"]\n')
    assert not is_in_place()


def test_older_sources_find_their_build_again(root: Path) -> None:
    older = build(root)
    text = (root / ORDERS).read_text()
    change(root / ORDERS)
    newer = build(root)
    assert is_kept(older)
    assert newer in locate(ORDERS).read_text()
    (root / ORDERS).write_text(text)
    assert not is_in_place()
    assert place_if_kept()
    assert is_in_place()
    assert older in locate(ORDERS).read_text()


def test_a_module_that_went_away_comes_back_from_what_is_kept(root: Path) -> None:
    build(root)
    locate(ORDERS).unlink()
    assert not is_in_place()
    assert place_if_kept()
    assert locate(ORDERS).exists()


def test_what_older_sources_had_compiled_beside_is_removed(root: Path) -> None:
    """It would be loaded instead of its source, and rely on another layout of what it uses."""
    former = ORDERS.with_name("former.py")
    for path in (former, former.with_suffix(".pxd")):
        (root / path).write_text("x = 1")
    build(root)
    former_types = root / former.with_suffix(".pxd")
    former_types.unlink()
    assert not is_in_place()
    assert not are_compiled_modules_fresh()
    build(root)
    assert is_in_place()
    assert not locate(former).exists()
    locate(former).touch()
    assert not is_in_place()
    remove_compiled()
    assert not locate(former).exists()


def test_a_build_that_is_placed_in_part_counts_for_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(root)
    change(root / CORE)
    build(root)

    def stop(_: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(compiled_modules, "locate", stop)
        with pytest.raises(KeyboardInterrupt):
            place_if_kept()
    assert not is_in_place()
    assert place_if_kept()
    assert is_in_place()


def test_a_loaded_module_is_replaced_and_never_overwritten(root: Path) -> None:
    build(root)
    with locate(CORE).open() as loaded:
        place_if_kept()
        assert loaded.read() == locate(CORE).read_text()
        assert Path(f"/proc/self/fd/{loaded.fileno()}").stat().st_nlink == 0


def test_a_build_that_is_not_all_there_is_not_kept(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        compiled_modules.keep(compute_digest(), root / "nothing-made")
    assert not is_kept(compute_digest())
    assert not place_if_kept()


def test_so_many_builds_are_kept_and_no_more(root: Path) -> None:
    for _ in range(10):
        change(root / CORE)
        digest = build(root)
    assert is_kept(digest)
    builds = [path for path in compiled_modules.KEPT_FOLDER.iterdir() if path.is_dir()]
    assert len(builds) == 8


def test_removed_modules_leave_their_sources(root: Path) -> None:
    build(root)
    remove_compiled()
    assert not locate(CORE).exists()
    assert (root / CORE).exists()
    assert are_compiled_modules_fresh()
