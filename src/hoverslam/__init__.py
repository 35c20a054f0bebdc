"""hoverslam: if this booster comes back, what does a kilogram to orbit cost, and how sure are we?

``import hoverslam as hs`` gives every verb that a reader needs: ``hs.load_vehicle``, ``hs.solve_launch``, ``hs.Landing``,
``hs.Hop``, ``hs.study_margin``, ``hs.study_cost``, ``hs.compare`` and the engine as ``hs.ocp``. Each name is imported when it
is first used. The list of names is in ``__init__.pyi``.

Each room (sub-package) imports only from rooms to its left:
``data -> reports -> vehicles -> physics -> ocp -> flights -> margins -> economics -> studies -> cli``.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
