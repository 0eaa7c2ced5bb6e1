def pack_parcels(parcels, capacity):
    refused = [name for name, weight in parcels if weight > capacity]
    vans = []
    room = []
    for name, weight in sorted(parcels, key=lambda parcel: (-parcel[1], parcel[0])):
        if weight > capacity:
            continue
        for number, free in enumerate(room):
            if weight <= free:
                break
        else:
            number = len(vans)
            vans.append([])
            room.append(capacity)
        vans[number].append(name)
        room[number] -= weight
    return vans, refused
